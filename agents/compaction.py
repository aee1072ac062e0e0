"""What stands for the older steps of a conversation that no longer fits its model's context: which, and in what words.

Who sums up may leave out, or invent. So what has to be exact is kept by the program, word for word: what the program
and the CEO said, what was refused and never put right, which files there are, and the newest of them whole. How much of
that there is follows from the room that a request has besides its opening.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents import conversation
from agents.context.token_budget import CHARS_PER_TOKEN, TokenBudget
from agents.folding import CHANGES
from damascus.core.records.turns import PICTURES, Speaker, Turn
from damascus.core.text import one_line
from damascus.llm.pictures import max_picture_tokens

KEPT_SHARE = 4  # this part of the room is for the newest steps, which are sent as they were
TEXT_SHARE = 6  # and this part for what stands for the others
MIN_TEXT_CHARS, MAX_TEXT_CHARS = 1_500, 12_000
MIN_STEP_CHARS, MAX_STEP_CHARS = 160, 2_000
MAX_FAILED_CHARS = 1_200
MAX_FILES = 60
ASKING_TOOLS = ("ask", "ask_direction")
NEWS = "Meanwhile"  # as prompts/news.md begins; what else the program said was for the moment
RULES = "## New rules of the CEO"  # in them: orders, so they are never left out


@dataclass(frozen=True, slots=True)
class KeptWords:
    """What is kept word for word; `answers` are pairs of a question and its answer.

    `failed` are tools with what they said, `file` is a path and its content.
    """

    said: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    file: tuple[str, str] | None = None


def summed_until(turns: Sequence[Turn], room: int) -> int:
    """Return the number of the last of `turns` that a compaction is to stand for, in a request with `room` bytes.

    The newest steps stay as they are, as far as they take little of it; all go if otherwise none would.
    """
    begins = [at for at, turn in enumerate(turns) if turn.speaker == Speaker.ASSISTANT]
    first = len(turns)
    for at in reversed(begins):
        parts = KEPT_SHARE - 1 if at == begins[-1] else 1
        if bytes_of(turns[at:]) > room * parts // KEPT_SHARE:
            break
        first = at
    return turns[first - 1].n if begins and first > begins[0] else turns[-1].n


def bytes_of(turns: Sequence[Turn]) -> int:
    """Return about how many bytes of a request turns take."""
    chat = [
        {key: value for key, value in one.items() if key not in ("provider", PICTURES)}
        for one in conversation.messages(turns, conversation.nothing_shown)
    ]
    shown = [turn.picture for turn in turns if turn.picture is not None]
    counted = sum(max_picture_tokens(picture.width, picture.height) for picture in shown)
    return len(json.dumps(chat, ensure_ascii=False).encode("utf-8", "replace")) + counted


def text_chars(room: int) -> int:
    """Return how many characters may stand for the older steps in a request with `room` bytes."""
    return min(max(room // TEXT_SHARE, MIN_TEXT_CHARS), MAX_TEXT_CHARS)


def kept_words(turns: Sequence[Turn], until: int, chars: int) -> KeptWords:
    """Return what is kept of the turns up to `until`, in about `chars` characters; `turns` is the whole transcript."""
    older = [turn for turn in turns if turn.n <= until]
    notes = [turn.content for turn in older if turn.speaker == Speaker.USER and turn.content.startswith(NEWS)]
    rules = [note for note in notes if RULES in note]
    answers = [pair for turn in older if (pair := _answer(turn)) is not None]
    budget = TokenBudget(chars // CHARS_PER_TOKEN)
    budget.spend(*rules, *(text for pair in answers for text in pair))
    open_points = [(turn.tool or "", _both_ends(turn.content)) for turn in older if _is_open(turn, turns)]
    failed = budget.newest(open_points, lambda point: len(point[1]))
    others = budget.newest([note for note in notes if note not in rules], len)
    changed = {path: turn for turn in older if (path := _changed(turn)) is not None}
    paths = sorted(changed, key=lambda path: changed[path].n)[-MAX_FILES:]
    written = [(path, _whole(changed[path])) for path in paths]
    newest = budget.newest([pair for pair in written if pair[1]][-1:], lambda pair: len(pair[1]))
    said = tuple(note for note in notes if note in rules or note in others)
    return KeptWords(said, tuple(answers), failed, tuple(paths), newest[0] if newest else None)


def steps(turns: Sequence[Turn], chars: int) -> str:
    """Return turns as a line each, in at most `chars` characters; the oldest are left out if there are too many."""
    each = min(max(chars // max(len(turns), 1), MIN_STEP_CHARS), MAX_STEP_CHARS)
    lines = [line for turn in turns for line in _step(turn, each)]
    return "\n".join(TokenBudget(chars // CHARS_PER_TOKEN).newest(lines, len))


def outline(before: str, turns: Sequence[Turn], chars: int) -> str:
    """Return what stands for turns where no model sums them up; `before` is what stood for those before them."""
    earlier = f"{before[: chars // 2]}\n" if before else ""
    return earlier + steps(turns, chars - len(earlier))


def _step(turn: Turn, chars: int) -> Iterator[str]:
    if turn.speaker == Speaker.TOOL:
        given = turn.arguments if isinstance(turn.arguments, str) else json.dumps(turn.arguments, ensure_ascii=False)
        yield f"{turn.n} {turn.tool} {_ends(given, chars // 3)} -> {_ends(turn.content, chars * 2 // 3)}"
    elif turn.content.strip():
        who = "said" if turn.speaker == Speaker.ASSISTANT else "was told"
        yield f"{turn.n} {who}: {_ends(turn.content, chars)}"


def _ends(text: str, chars: int) -> str:
    """Return the beginning and the end of a text, on one line."""
    line = one_line(text, len(text) + 1)
    return line if len(line) <= chars else f"{line[: chars * 2 // 3]} […] {line[-(chars // 3) :]}"


def _both_ends(text: str) -> str:
    """Return a text with its line breaks, without the middle of a long one."""
    if len(text) <= MAX_FAILED_CHARS:
        return text
    half = MAX_FAILED_CHARS // 2
    return f"{text[:half]}\n[…]\n{text[-half:]}"


def _given(turn: Turn, name: str) -> str | None:
    value = turn.arguments.get(name) if isinstance(turn.arguments, dict) else None
    return value if isinstance(value, str) else None


def _answer(turn: Turn) -> tuple[str, str] | None:
    if turn.tool not in ASKING_TOOLS or turn.was_refused:
        return None
    return _given(turn, "question") or "", turn.content


def _place(turn: Turn) -> tuple[str | None, str | None]:
    return turn.tool, _given(turn, "path") or _given(turn, "name") or _given(turn, "command")


def _is_open(turn: Turn, turns: Sequence[Turn]) -> bool:
    """Return whether a call was refused, or a command failed, and no later one of its kind fared better."""
    if not _failed(turn):
        return False
    return not any(other.n > turn.n and _place(other) == _place(turn) for other in turns)


def _failed(turn: Turn) -> bool:
    is_failure = turn.tool == "run_command" and re.match(r"exit -?[1-9]", turn.content) is not None
    return turn.speaker == Speaker.TOOL and (turn.was_refused or is_failure)


def _changed(turn: Turn) -> str | None:
    """Return the path of the file that a call changed, None if it changed none."""
    return _given(turn, "path") if turn.tool in CHANGES and not turn.was_refused else None


def _whole(turn: Turn) -> str:
    """Return the whole content that a call gave its file; empty if it changed a part only."""
    is_part = isinstance(turn.arguments, dict) and turn.arguments.get("part") is not None
    return "" if turn.tool != "write_file" or is_part else _given(turn, "content") or ""
