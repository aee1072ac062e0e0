"""From what a server sent to what the model meant. Never raises on any content; promises nothing about its truth."""

import re
from collections.abc import Set
from dataclasses import dataclass

from damascus.core.ids import new_id
from damascus.llm.inline_tool_calls import MOST_CALLS, RawCall, find_calls
from damascus.llm.partial_response import PartialResponse, arguments_of
from damascus.llm.port import ToolCall
from damascus.llm.tool_arguments import MOST_TO_REPAIR, clean, read_arguments

_BAD_NAME = re.compile(r"[^A-Za-z0-9_-]")
# Repairing costs up to a second per 256 KiB of hostile text, and holds up every task of the worker.
MOST_TO_REPAIR_IN_ALL = 4 * MOST_TO_REPAIR
LONGEST_ID = 64  # it goes back to the server with each later call, and into a column of the ledger
_THINK = "<think>"
_THOUGHT = "</think>"


@dataclass(frozen=True, slots=True)
class ParsedResponse:
    """What an answer says."""

    text: str
    reasoning: str
    calls: tuple[ToolCall, ...]
    finish_reason: str


def read(draft: PartialResponse, offered: Set[str]) -> ParsedResponse:
    """Read a finished draft; `offered` are the names of the tools that the model was given."""
    cut = draft.full or draft.finish_reason in ("length", "max_tokens")
    text, thought = _split_thought(clean(draft.text))
    raw: list[RawCall] = [{**call, "arguments": arguments_of(call)} for call in draft.calls]
    if not raw:
        raw, text = find_calls(text, offered, cut=cut)
    calls = _calls(raw, offered, cut)
    finish = "length" if cut else clean(draft.finish_reason or "stop")
    refusal = clean(draft.refusal)
    if refusal and not calls:
        text, finish = text or refusal, "refusal"
    if calls and finish in ("stop", "function_call"):
        finish = "tool_calls"
    return ParsedResponse(text, clean(draft.reasoning) + thought, calls, finish)


def _split_thought(text: str) -> tuple[str, str]:
    """The text without the thinking that some models put before it, and that thinking."""
    begun = text.lstrip().startswith(_THINK)
    if not begun and (_THOUGHT not in text or _THINK in text):
        return text, ""
    thought, _, rest = text.partition(_THOUGHT)
    return rest.strip(), thought.replace(_THINK, "", 1).strip()


def _calls(raw: list[RawCall], offered: Set[str], cut: bool) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    taken: set[str] = set()
    seen = 0
    for n, call in enumerate(raw[:MOST_CALLS], 1):
        name = _name(call["name"], offered)
        seen += len(call["arguments"]) if isinstance(call["arguments"], str) else 0
        last = cut and n == len(raw)
        arguments, problem = read_arguments(call["arguments"], cut=last, mend=seen <= MOST_TO_REPAIR_IN_ALL)
        given = clean(call["id"])[:LONGEST_ID] if isinstance(call["id"], str) else ""
        unique = given if given and given not in taken else new_id("call")
        taken.add(unique)
        calls.append(ToolCall(unique, name or "unnamed", arguments, problem if name else "the call names no tool"))
    return tuple(calls)


def _name(name: str, offered: Set[str]) -> str:
    """The tool's name, without a namespace that the model made up, and of the form that every server takes back."""
    name = name.strip()
    last = re.split(r"[.:/]", name)[-1]
    if name not in offered and last in offered:
        return last
    return _BAD_NAME.sub("_", name)[:64]
