"""Long texts of older steps as one line each: what was written to files, and what tools gave.

What is needed again is read again; the ledger keeps it whole. How far it is done follows from the transcript
alone, so every run of a task sends the same.

A change of a file that was tried with success in the same answer is folded from the first: that rewrites nothing. All
else would rewrite what was sent, which a provider then reads again at its full price; so it is done in rare steps, once
enough of it is old.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from damascus.core.records.turns import Speaker, Turn, TurnStatus
from damascus.core.text import FOLDED, one_line

KEPT_ANSWERS = 2  # the newest, with their calls and results, are sent as they were
MIN_FOLDED_CHARS = 20_000  # to gain, before a conversation's older part is sent otherwise
LONG_CHARS = 600  # of one text; a shorter one stays
HEAD_CHARS = 100
PICTURE_CHARS = 6_000  # as what a picture counts: most models take some 1,500 tokens for one
CHANGES = ("write_file", "edit_file")
AGAIN = {
    "write_file": "`read_file` shows it", "edit_file": "`read_file` shows it", "write_report": "`read_report` shows it",
    "screenshot": "take it again to see it",
}  # fmt: skip
USUAL = "call it again to see it"


def folded(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns as they are sent."""
    until = folded_until(turns)
    tried = set(_tried(turns))
    return [_folded(turn) if at < until or at in tried else turn for at, turn in enumerate(turns)]


def folded_until(turns: Sequence[Turn]) -> int:
    """Return how many turns, from the first, are sent with all of their long texts folded."""
    answers = [at for at, turn in enumerate(turns) if turn.speaker == Speaker.ASSISTANT]
    tried = set(_tried(turns))
    gains = [_gain(turn) if at not in tried else 0 for at, turn in enumerate(turns)]
    until = 0
    for begin in answers[: max(len(answers) - KEPT_ANSWERS + 1, 0)]:
        if sum(gains[until:begin]) >= MIN_FOLDED_CHARS:
            until = begin
    return until


def _tried(turns: Sequence[Turn]) -> Iterator[int]:
    """Yield the places of the changes that were tried in their own answer, by commands that all succeeded."""
    begins = [at for at, turn in enumerate(turns) if turn.speaker != Speaker.TOOL] + [len(turns)]
    for begin, end in pairwise(begins):
        calls = turns[begin:end]
        exits = [turn.content.startswith("exit 0 ") for turn in calls if turn.tool == "run_command"]
        if exits and all(exits) and all(turn.status == TurnStatus.DONE for turn in calls):
            yield from (begin + at for at, turn in enumerate(calls) if turn.tool in CHANGES and not turn.was_refused)


def _gain(turn: Turn) -> int:
    """Return how many characters folding takes away from a turn."""
    return _size(turn) - _size(_folded(turn))


def _size(turn: Turn) -> int:
    return len(turn.content) + len(str(turn.arguments)) + (PICTURE_CHARS if turn.picture else 0)


def _folded(turn: Turn) -> Turn:
    if turn.speaker != Speaker.TOOL or turn.status != TurnStatus.DONE or _size(turn) <= LONG_CHARS:
        return turn
    again = AGAIN.get(turn.tool or "", USUAL)
    content = _line(turn.content, again) + (f"\n[its picture was shown here; {again}]" if turn.picture else "")
    return replace(turn, content=content, arguments=_values(turn.arguments, again), picture=None)


def _values(value: Any, again: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _values(item, again) for key, item in value.items()}
    if isinstance(value, list):
        return [_values(item, again) for item in value]
    return _line(value, again) if isinstance(value, str) else value


def _line(text: str, again: str) -> str:
    if len(text) <= LONG_CHARS:
        return text
    return f"{one_line(text, HEAD_CHARS)} {FOLDED}, {len(text)} characters; {again}]"
