"""How much an agent is told: the sizes of single texts, and one budget of tokens for all sections together.

Not promised: an exact count. A token is taken for CHARS_PER_TOKEN characters, as it is in English on most models.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

MAX_CONTEXT_TOKENS = 24_000
CHARS_PER_TOKEN = 4

MAX_TEXT_CHARS = 20_000  # of the directive and of the description; the CEO can say no more than that
MAX_ENTRY_CHARS = 600  # of a trail entry, a message, an acceptance line
MAX_CITED_CHARS = 80  # of a trail entry that stands in a report, too; `read_trail` shows it whole
MAX_SUMMARY_CHARS = 1_500  # of what a task left
LINE_CHARS = 60  # what is written around an entry: its author, kind and number

T = TypeVar("T")


class TokenBudget:
    """What is left for the sections that are gathered next; the ones that matter most are gathered first.

    `is_exceeded` once something had to be left out.
    """

    def __init__(self, tokens: int = MAX_CONTEXT_TOKENS) -> None:
        self._chars = tokens * CHARS_PER_TOKEN
        self.is_exceeded = False

    def spend(self, *texts: str) -> None:
        """Count texts that are told in any case, each up to MAX_TEXT_CHARS."""
        self._chars -= sum(min(len(text), MAX_TEXT_CHARS) for text in texts)

    def newest(self, items: Sequence[T], chars: Callable[[T], int]) -> tuple[T, ...]:
        """Return the last of `items`, which run from old to new, that fit into what is left, and count them.

        `chars` says how many characters of an item are told. An item that does not fit ends it: older ones that would
        are left out too, so that what is told has no gaps.
        """
        first = len(items)
        while first and self._take(chars(items[first - 1]) + LINE_CHARS):
            first -= 1
        self.is_exceeded = self.is_exceeded or first > 0
        return tuple(items[first:])

    def _take(self, chars: int) -> bool:
        if chars > self._chars:
            return False
        self._chars -= chars
        return True
