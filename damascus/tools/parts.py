"""A long text that comes in parts, a call each, since an answer has a limit.

Which parts there are is read from the task's own transcript: so they outlive the worker, and a part that a crash
interrupted, or that is sent again, makes the same text.
"""

from collections.abc import Sequence

from damascus.core.errors import Invalid


def with_part(before: Sequence[str], part: int | None, text: str) -> list[str]:
    """Return the parts with this one: number `part` goes behind those before it, in place of all that was there.

    The first, or a text without a number, replaces all. Raises Invalid if one before it is missing.
    """
    number = part or 1
    if number > len(before) + 1:
        there = f"parts 1 to {len(before)} are" if len(before) > 1 else f"{'part 1 is' if before else 'none is'}"
        raise Invalid(f"part {number} goes behind part {number - 1}, which is not there ({there}); send that first")
    return [*before[: number - 1], text]
