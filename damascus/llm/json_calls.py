"""Tool calls as JSON, in the shapes of OpenAI and the common small models; only the names of offered tools count."""

import json
import re
from collections.abc import Iterator, Set
from typing import Any

from damascus.llm.port import MAX_TOOL_CALLS
from damascus.llm.tool_arguments import read_json

MAX_CALL_DEPTH = 3
_BETWEEN = re.compile(r"[\s,;]*")
_DECODER = json.JSONDecoder(strict=False)
_NAME_KEYS = ("name", "tool", "tool_name", "function", "action")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "action_input")
_OTHER_KEYS = frozenset({"id", "type", "index", "tool_call_id"})

RawCall = dict[str, Any]


def calls_in_block(block: str, offered: Set[str], cut: bool) -> list[RawCall]:
    """Return the calls in JSON values that are all there is in a block; the last one is repaired, unless it is cut."""
    found = [call for value in _values(block) for call in _calls_in_value(value, offered)]
    return found or repaired_calls(block, offered, cut)


def sequence_of_calls(text: str, start: int, offered: Set[str]) -> tuple[list[RawCall], int]:
    """Return the calls in JSON values that follow each other from `start` on, and where the last of them ends."""
    calls: list[RawCall] = []
    end = start
    for value, after in _decoded(text, start):
        found = _calls_in_value(value, offered)
        if not found:
            break
        calls += found
        end = after
    return calls, end


def _values(block: str) -> list[Any]:
    return [value for value, _ in _decoded(block, _skip_separators(block, 0))]


def _decoded(text: str, at: int) -> Iterator[tuple[Any, int]]:
    for _ in range(MAX_TOOL_CALLS):
        if text[at : at + 1] not in ("{", "["):
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value, end
        at = _skip_separators(text, end)


def _skip_separators(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def repaired_calls(text: str, offered: Set[str], cut: bool) -> list[RawCall]:
    if text.strip()[:1] not in ("{", "["):
        return []
    try:
        return _calls_in_value(read_json(text.strip(), cut=cut), offered)
    except (ValueError, RecursionError):
        return []


def _calls_in_value(value: Any, offered: Set[str], depth: int = 0) -> list[RawCall]:
    if depth > MAX_CALL_DEPTH:
        return []
    if isinstance(value, list):
        return [call for item in value[:MAX_TOOL_CALLS] for call in _calls_in_value(item, offered, depth + 1)]
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("tool_calls"), list):
        return _calls_in_value(value["tool_calls"], offered, depth + 1)
    if isinstance(value.get("function"), dict):
        return [{**call, "id": value.get("id")} for call in _calls_in_value(value["function"], offered, depth + 1)]
    return _call(value, offered)


def _call(value: dict[str, Any], offered: Set[str]) -> list[RawCall]:
    name_key = next((key for key in _NAME_KEYS if isinstance(value.get(key), str) and value[key] in offered), None)
    if name_key is None:
        return []
    arguments_key = next((key for key in _ARGUMENT_KEYS if key in value), None)
    if arguments_key is None and value.keys() - _OTHER_KEYS - {name_key}:
        return []
    arguments = value[arguments_key] if arguments_key else {}
    return [{"id": value.get("id"), "name": value[name_key], "arguments": arguments}]
