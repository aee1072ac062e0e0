"""Text for people and for file names: one line of it, a slug, or every character of it."""

import re

_WORD = re.compile(r"[a-z0-9]+")


def one_line(text: str, max_chars: int = 300) -> str:
    """Return `text` without line breaks or runs of blanks, at most `max_chars` long, a cut marked with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= max_chars else line[: max_chars - 1].rstrip() + "…"


def slug(text: str, max_chars: int = 40) -> str:
    """Return `text` as a lower-case file name of words joined by dashes, at most `max_chars` long, never empty."""
    name = "-".join(_WORD.findall(text.lower()))[:max_chars].strip("-")
    return name or "untitled"


def quote(text: str) -> str:
    """Return `text` with each of its lines behind `> `, so that none can pass for a line of what it stands in."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def visible(text: str) -> str:
    """Return `text` with its line breaks and with all else that a reader does not see by its code, as in `<U+202E>`.

    That is what drives a terminal, hides, or moves other characters about: control and format characters, marks of
    direction, blanks other than the space.
    """
    return "".join(c if c.isprintable() or c == "\n" else f"<U+{ord(c):04X}>" for c in text)


FOLDED = "[the rest is left out here"  # how a conversation marks a long text of an older step
