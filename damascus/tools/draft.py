"""Keeps what a refused call was given, so that the next call gives only what changes.

A draft is read from the task's own transcript, so it outlives the worker, and is the same before and after a crash.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from damascus.core.errors import Invalid
from damascus.core.records.turns import Turn

Draft = Mapping[str, Any]
Merge = Callable[[Draft, Draft], Draft]

KEPT = {
    "write_report": "Your draft is kept: call `write_report` again with its `name` and only what changes: `title`, "
    "`sources`, or `edits` of passages of the body.",
    "submit_plan": "Your draft is kept: call `submit_plan` again with only `changes`, such as "
    '{"key": "prd", "depends_on": []}, or {"key": "prd", "remove": true}.',
}  # fmt: skip


def kept_note(tool: str, text: str) -> str:
    """Return a refusal as the model reads it: with what became of the draft, if the tool keeps one."""
    return f"{text} {KEPT[tool]}" if tool in KEPT else text


def merged(turns: Sequence[Turn], call: Turn, tool: str, given: BaseModel, merge: Merge) -> Draft:
    """Return what a call of a tool gives together with the drafts of the tool's calls before it, oldest first.

    A call before it whose changes could not be made has changed nothing. Raises Invalid if this one's cannot.
    """
    draft: Draft = {}
    for turn in turns:
        if turn.tool == tool and turn.n < call.n and isinstance(turn.arguments, dict):
            try:
                draft = merge(draft, turn.arguments)
            except Invalid:
                continue
    return merge(draft, given.model_dump(mode="json", exclude_unset=True))


def edited(text: str, edits: Sequence[Any]) -> str:
    """Return a text with passages replaced. Raises Invalid unless each `old` is there exactly once."""
    for edit in edits:
        old, new = (edit.get("old"), edit.get("new")) if isinstance(edit, dict) else (None, None)
        if not isinstance(old, str) or not isinstance(new, str) or not old:
            raise Invalid("each of `edits` has an `old` and a `new` text")
        if (count := text.count(old)) != 1:
            raise Invalid(f"`old` occurs {count} times in the draft, it must once: {old[:80]!r}")
        text = text.replace(old, new)
    return text
