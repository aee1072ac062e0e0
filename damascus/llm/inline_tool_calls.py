"""Tool calls that a model wrote into its text, because it (or its server) does not know the field for them.

Known forms: <tool_call> tags, fenced blocks, and bare JSON at the beginning of a line; in each, the shapes of OpenAI
and the common small models. Only the names of offered tools count, so that JSON in prose stays prose.
"""

import json
import re
from collections.abc import Iterator, Set
from typing import Any

from damascus.llm.port import MAX_TOOL_CALLS
from damascus.llm.tool_arguments import read_json

MAX_TEXT_CHARS = 256 * 1024
MAX_TRIED_LINES = 200
MAX_CALL_DEPTH = 3
_MARKERS = re.compile(r"\[TOOL_CALLS\]|<\|python_tag\|>|<\|tool_calls?(?:_begin|_end)?\|>")
_TAGGED = re.compile(r"<(tool_calls?|function_call)>(.*?)(?:</\1>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```[ \t]*([a-z_]*)[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_LINE = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
_BETWEEN = re.compile(r"[\s,;]*")
_DECODER = json.JSONDecoder(strict=False)
_NAME_KEYS = ("name", "tool", "tool_name", "function", "action")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "action_input")
_OTHER_KEYS = frozenset({"id", "type", "index"})

RawCall = dict[str, Any]


def find_calls(text: str, offered: Set[str], *, cut: bool = False) -> tuple[list[RawCall], str]:
    """Return the calls written into `text`, each {"id", "name", "arguments"}, and what remains of the text.

    `cut`: the response ended at its token limit, so an incomplete call at its end is not completed.
    """
    if not offered or len(text) > MAX_TEXT_CHARS or "{" not in text:
        return [], text
    plain = _MARKERS.sub("", text)
    for pattern in (_TAGGED, _FENCED):
        calls, rest = _calls_in_blocks(pattern, plain, offered, cut)
        if calls:
            return calls[:MAX_TOOL_CALLS], rest
    calls, rest = _calls_in_lines(plain, offered)
    if not calls and plain.lstrip()[:1] in ("{", "["):
        calls, rest = _repaired(plain, offered, cut), ""
    return (calls[:MAX_TOOL_CALLS], rest) if calls else ([], text)


def _calls_in_blocks(pattern: re.Pattern[str], text: str, offered: Set[str], cut: bool) -> tuple[list[RawCall], str]:
    calls: list[RawCall] = []
    kept: list[str] = []
    at = 0
    for block in pattern.finditer(text):
        found = [call for value in _values(block.group(2)) for call in _calls_in_value(value, offered)]
        found = found or _repaired(block.group(2), offered, cut)
        if found:
            calls += found
            kept.append(text[at : block.start()])
            at = block.end()
        if len(calls) >= MAX_TOOL_CALLS:
            break
    return calls, _prose(kept, text[at:])


def _calls_in_lines(text: str, offered: Set[str]) -> tuple[list[RawCall], str]:
    calls: list[RawCall] = []
    kept: list[str] = []
    at = 0
    for attempts, line in enumerate(_LINE.finditer(text)):
        if attempts >= MAX_TRIED_LINES or len(calls) >= MAX_TOOL_CALLS:
            break
        if line.end() < at:
            continue
        found, end = _sequence(text, line.end(), offered)
        if found:
            calls += found
            kept.append(text[at : line.start()])
            at = end
    return calls, _prose(kept, text[at:])


def _prose(kept: list[str], end: str) -> str:
    """Return what is left around the calls, or '' if it is only the remains of their brackets and fences."""
    rest = ("".join(kept) + end).strip()
    return rest if any(character.isalnum() for character in rest.replace("```json", "")) else ""


def _sequence(text: str, start: int, offered: Set[str]) -> tuple[list[RawCall], int]:
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


def _repaired(text: str, offered: Set[str], cut: bool) -> list[RawCall]:
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
