"""Ids: a short prefix and a ULID, so that they are unique, sort by time and say what they name."""

from ulid import ULID


def new_id(prefix: str) -> str:
    """Return a fresh id such as `msg_01J...`.

    `prefix` says what it names: msg, dir, prop, mis, task, turn, run, call, use, res, apr, rcp, art, out or office.
    """
    return f"{prefix}_{ULID()}"
