"""Bytes of a workspace as text that a model may read."""

from damascus.core.errors import Invalid

MAX_FILE = 1_000_000


def to_text(path: str, data: bytes) -> str:
    """Decode a file's bytes; raises Invalid for what is not text or too large."""
    if len(data) > MAX_FILE:
        raise Invalid(f"{path} is larger than {MAX_FILE} bytes; look at a part of it with `run_command`")
    if b"\0" in data:
        raise Invalid(f"{path} is a binary file, not text")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text") from None


def printable(name: str) -> str:
    """A file's name as it may stand in a result; bytes that are no text become question marks."""
    return name.encode(errors="replace").decode()


def check_content(path: str, text: str) -> bytes:
    """The bytes of a text that is to be written; raises Invalid when there are too many."""
    data = text.encode()
    if len(data) > MAX_FILE:
        raise Invalid(f"{path} would have {len(data)} bytes; a file has at most {MAX_FILE}")
    return data
