"""Markdown that loads and runs nothing when a person opens it.

A report is a model's text, and who opens it in an editor, a browser or a forge has it rendered: an image or a tag would
call a stranger's server by itself, with whatever the model wrote into the address. Every renderer needs `![` together
for an image, and `<` together with a name for a tag; a blank in between makes both plain text, and reads the same.
What is left are links, which a person follows, and tags without attributes, which load nothing.
(docs/decisions/0018-reports-load-nothing.md)
"""

import re

_IMAGE = re.compile(r"!(?=\[)")
_TAG = re.compile(
    r"<(?=[A-Za-z!?])"
    r"(?!(?!script\b|style\b)[A-Za-z][^\s/<>\"'=]{0,60}>)"  # `<br>`, `<String>`, `<stdio.h>`
    r"(?!https?://[^\s<>\"'=]{1,1000}>)",  # a link between angle brackets
    re.IGNORECASE,
)


def inert_markdown(text: str) -> str:
    """Return Markdown with a blank in whatever a renderer would load or run, otherwise as it is."""
    return _TAG.sub("< ", _IMAGE.sub("! ", text))
