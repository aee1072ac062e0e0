"""The rehearsal model: an OpenAI-compatible server with a staff that answers by script.

It exists so that a newcomer sees the whole company work without an account anywhere, so that tests and benchmarks
drive the real client over real HTTP, and so that every misbehaviour of a real model can be played on purpose
(docs/how-to/rehearse.md). It does not think: its texts come from templates and from the words of the directive, and
every report it writes says so. It keeps no conversation either; each answer derives from the request alone.

    python -m damascus.doubles.model --port 0
"""

NAME = "rehearsal"
