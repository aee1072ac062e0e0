"""Ids: a short prefix and a ULID, so that they are unique, sort by time and say what they name."""

import re

from ulid import ULID

_WORD = re.compile(r"[a-z0-9]+")


def new_id(prefix: str) -> str:
    """Return a fresh id such as `msg_01J...`.

    `prefix` says what it names: a row (msg, dir, prop, mis, task, turn, use, res, apr, rcp, art), a model call (call),
    a worker's process (run), the office's (office), or a forge sync's (out).
    """
    return f"{prefix}_{ULID()}"


def slug(text: str, limit: int = 40) -> str:
    """`text` as a lower-case file name of words joined by dashes, at most `limit` characters, never empty."""
    name = "-".join(_WORD.findall(text.lower()))[:limit].strip("-")
    return name or "untitled"
