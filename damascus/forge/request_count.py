"""How many requests an attempt makes of a forge, so that what stays in vain is asked for more seldom the more it costs.

Counted is what the current task asks, and what it awaits; not what others ask at the same time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class RequestCount:
    """What was asked since the count began."""

    made: int = 0


_current: ContextVar[RequestCount | None] = ContextVar("requests_of_a_forge", default=None)


@contextmanager
def counting_requests() -> Iterator[RequestCount]:
    """Count what is asked of the forge in this block."""
    count = RequestCount()
    before = _current.set(count)
    try:
        yield count
    finally:
        _current.reset(before)


def note_requests(number: int = 1) -> None:
    """Note what is asked now; nothing if nobody counts."""
    count = _current.get()
    if count is not None:
        count.made += number
