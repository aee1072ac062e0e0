"""From what a server sent to what the model meant.

Never raises on any content. Not promised: that the content is true.
"""

import re
from dataclasses import dataclass
from typing import Any

from damascus.core.ids import new_id
from damascus.llm.call_assembly import arguments_of
from damascus.llm.call_dialects import Schemas
from damascus.llm.inline_tool_calls import find_calls
from damascus.llm.json_calls import RawCall
from damascus.llm.partial_response import PartialResponse
from damascus.llm.port import MAX_TOOL_CALLS, ToolCall
from damascus.llm.tool_arguments import MAX_REPAIRED_CHARS, clean, clean_value, read_arguments

_CONTROL_TOKEN = re.compile(r"<[|｜]|\[(?:ARGS|CALL_ID|TOOL_CALLS)\]")
_BAD_NAME = re.compile(r"[^A-Za-z0-9_-]")
# Repairing costs up to a second per 256 KiB of hostile text, and holds up every task of the worker.
MAX_REPAIRED_CHARS_IN_ALL = 4 * MAX_REPAIRED_CHARS
MAX_CALL_ID_CHARS = 64 * 1024  # some proxies keep a provider's signature in it; a longer one is replaced
MAX_TOOL_NAME_CHARS = 64
_THINKING = (
    ("<think>", "</think>"), ("[THINK]", "[/THINK]"), ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<thinking>", "</thinking>"), ("<seed:think>", "</seed:think>"), ("◁think▷", "◁/think▷"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParsedResponse:
    """What a response means; `fields` and `call_fields` (by the call's id) are the provider's own."""

    text: str
    reasoning: str
    calls: tuple[ToolCall, ...]
    finish_reason: str
    fields: dict[str, Any]
    call_fields: dict[str, dict[str, Any]]


def parse_response(partial: PartialResponse, offered: Schemas) -> ParsedResponse:
    """Parse a finished response; `offered`: the schema of the parameters of each tool that the model was given."""
    cut = partial.full or partial.finish_reason in ("length", "max_tokens")
    text, thought = _split_thinking(clean(partial.text))
    raw: list[RawCall] = [{**call, "arguments": arguments_of(call)} for call in partial.calls]
    if not raw:
        raw, text = find_calls(text, offered, cut=cut)
    calls = _calls(raw, offered, cut)
    finish = "length" if cut else clean(partial.finish_reason or "stop")
    refusal = clean(partial.refusal)
    if refusal and not calls:
        text, finish = text or refusal, "refusal"
    if calls and finish in ("stop", "function_call"):
        finish = "tool_calls"
    own = {call.id: fields for call, one in zip(calls, raw, strict=False) if (fields := _fields(one.get("fields")))}
    return ParsedResponse(
        text, clean(partial.reasoning) + thought, calls, finish, fields=_fields(partial.fields), call_fields=own
    )


def _fields(fields: Any) -> dict[str, Any]:
    """Return a provider's fields as a ledger can hold them; nothing of what is nested too deep."""
    try:
        return clean_value(fields or {})  # type: ignore[no-any-return]
    except ValueError:
        return {}


def _split_thinking(text: str) -> tuple[str, str]:
    """Return the text without the thinking that some models put before it, and that thinking."""
    for begin, end in _THINKING:
        begun = text.lstrip().startswith(begin)
        if begun or (end in text and begin not in text):
            thought, _, rest = text.partition(end)
            return rest.strip(), thought.replace(begin, "", 1).strip()
    return text, ""


def _calls(raw: list[RawCall], offered: Schemas, cut: bool) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    taken: set[str] = set()
    chars = 0
    for n, call in enumerate(raw[:MAX_TOOL_CALLS], 1):
        name = _tool_name(call["name"], offered)
        chars += len(call["arguments"]) if isinstance(call["arguments"], str) else 0
        last = cut and n == len(raw)
        arguments, problem = read_arguments(call["arguments"], cut=last, repair=chars <= MAX_REPAIRED_CHARS_IN_ALL)
        given = clean(call["id"]) if isinstance(call["id"], str) else ""
        is_own = 0 < len(given) <= MAX_CALL_ID_CHARS and given not in taken
        unique = given if is_own else new_id("call")
        taken.add(unique)
        calls.append(ToolCall(unique, name or "unnamed", arguments, problem if name else "the call names no tool"))
    return tuple(calls)


def _tool_name(name: str, offered: Schemas) -> str:
    """Return the tool's name in a form that every server accepts.

    Control tokens at its end, a namespace that the model made up and a number behind it do not belong to it.
    """
    name = _CONTROL_TOKEN.split(name.strip(), maxsplit=1)[0].strip().removesuffix("()")
    if name not in offered:
        name = next((part for part in reversed(re.split(r"[.:/]", name)) if part in offered), name)
    return _BAD_NAME.sub("_", name)[:MAX_TOOL_NAME_CHARS]
