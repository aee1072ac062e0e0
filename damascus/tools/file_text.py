"""Bytes of a workspace as text that a model may read."""

from collections.abc import Sequence

from damascus.core.errors import Invalid
from damascus.core.text import FOLDED

MAX_FILE_BYTES = 1_000_000


def to_text(path: str, data: bytes) -> str:
    """Return a file's bytes as text. Raises Invalid if they are not UTF-8 text, or over MAX_FILE_BYTES."""
    if len(data) > MAX_FILE_BYTES:
        raise Invalid(f"{path} is larger than {MAX_FILE_BYTES} bytes; look at a part of it with `run_command`")
    if b"\0" in data:
        raise Invalid(f"{path} is a binary file, not text")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text") from None


def printable(name: str) -> str:
    """Return a file's name on one line, as a result may show it: what cannot be printed becomes question marks."""
    return "".join(c if c.isprintable() else "?" for c in name.encode(errors="replace").decode())


def check_content(path: str, text: str) -> bytes:
    """Return the bytes of a text that is to be written.

    Raises Invalid if there are over MAX_FILE_BYTES, or if it is what a conversation shows in place of a long text.
    """
    if FOLDED in text:
        raise Invalid(f"{path} would have {FOLDED!r} in it, which stands for a text that is not shown; write that text")
    data = text.encode()
    if len(data) > MAX_FILE_BYTES:
        raise Invalid(f"{path} would have {len(data)} bytes; a file has at most {MAX_FILE_BYTES}")
    return data


def numbered(lines: Sequence[str], first: int) -> list[str]:
    """Return lines with their numbers before them, from `first` on."""
    return [f"{number}\t{line}" for number, line in enumerate(lines, start=first)]
