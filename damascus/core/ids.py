"""Ids: a short prefix and a ULID, so that they are unique, sort by time and say what they name."""

from ulid import ULID


def new_id(prefix: str) -> str:
    """Return a fresh id such as `msg_01J...`.

    `prefix` says what it names: a row (msg, dir, prop, mis, task, turn, use, res, apr, rcp, art, cmp), a model call
    (call), a worker's process (run), the office's (office), or a forge sync's (sync).
    """
    return f"{prefix}_{ULID()}"
