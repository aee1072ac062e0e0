"""Text for people and for file names: one line of it, or a slug."""

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
