"""Tool calls that a model wrote into its text, because it (or its server) does not know the field for them.

Known forms: <tool_call> tags, fenced blocks, and bare JSON at the beginning of a line; in each, the shapes of OpenAI
and the common small models. Only the names of offered tools count, so that JSON in prose stays prose.
"""

import json
import re
from collections.abc import Iterator, Set
from typing import Any

from damascus.llm.tool_arguments import read_json

LONGEST = 256 * 1024
MOST_CALLS = 64
MOST_TRIES = 200
_MARKERS = re.compile(r"\[TOOL_CALLS\]|<\|python_tag\|>|<\|tool_calls?(?:_begin|_end)?\|>")
_TAGGED = re.compile(r"<(tool_calls?|function_call)>(.*?)(?:</\1>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```[ \t]*([a-z_]*)[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_LINE = re.compile(r"^[ \t]*(?=[\[{])", re.MULTILINE)
_BETWEEN = re.compile(r"[\s,;]*")
_DECODER = json.JSONDecoder(strict=False)
_NAMES = ("name", "tool", "tool_name", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "action_input")
_BESIDE = frozenset({"id", "type", "index"})

RawCall = dict[str, Any]


def find_calls(text: str, offered: Set[str], *, cut: bool = False) -> tuple[list[RawCall], str]:
    """The calls written into `text`, each {"id", "name", "arguments"}, and what remains of the text.

    `cut`: the answer ended at its token limit, so an incomplete call at its end is not completed.
    """
    if not offered or len(text) > LONGEST or "{" not in text:
        return [], text
    plain = _MARKERS.sub("", text)
    for pattern in (_TAGGED, _FENCED):
        calls, rest = _in_blocks(pattern, plain, offered, cut)
        if calls:
            return calls[:MOST_CALLS], rest
    calls, rest = _in_lines(plain, offered)
    if not calls and plain.lstrip()[:1] in ("{", "["):
        calls, rest = _repaired(plain, offered, cut), ""
    return (calls[:MOST_CALLS], rest) if calls else ([], text)


def _in_blocks(pattern: re.Pattern[str], text: str, offered: Set[str], cut: bool) -> tuple[list[RawCall], str]:
    calls: list[RawCall] = []
    kept: list[str] = []
    at = 0
    for block in pattern.finditer(text):
        found = [call for value in _values(block.group(2)) for call in _calls_in(value, offered)]
        found = found or _repaired(block.group(2), offered, cut)
        if found:
            calls += found
            kept.append(text[at : block.start()])
            at = block.end()
        if len(calls) >= MOST_CALLS:
            break
    return calls, _prose(kept, text[at:])


def _in_lines(text: str, offered: Set[str]) -> tuple[list[RawCall], str]:
    calls: list[RawCall] = []
    kept: list[str] = []
    at = 0
    for tries, line in enumerate(_LINE.finditer(text)):
        if tries >= MOST_TRIES or len(calls) >= MOST_CALLS:
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
    """What is left around the calls, unless it is only the remains of their brackets and fences."""
    rest = ("".join(kept) + end).strip()
    return rest if any(character.isalnum() for character in rest.replace("```json", "")) else ""


def _sequence(text: str, start: int, offered: Set[str]) -> tuple[list[RawCall], int]:
    """Calls in JSON values that follow each other from `start` on, and where the last of them ends."""
    calls: list[RawCall] = []
    end = start
    for value, after in _decoded(text, start):
        found = _calls_in(value, offered)
        if not found:
            break
        calls += found
        end = after
    return calls, end


def _values(block: str) -> list[Any]:
    return [value for value, _ in _decoded(block, _between(block, 0))]


def _decoded(text: str, at: int) -> Iterator[tuple[Any, int]]:
    for _ in range(MOST_CALLS):
        if text[at : at + 1] not in ("{", "["):
            return
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value, end
        at = _between(text, end)


def _between(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _repaired(text: str, offered: Set[str], cut: bool) -> list[RawCall]:
    if text.strip()[:1] not in ("{", "["):
        return []
    try:
        return _calls_in(read_json(text.strip(), cut=cut), offered)
    except (ValueError, RecursionError):
        return []


def _calls_in(value: Any, offered: Set[str], depth: int = 0) -> list[RawCall]:
    if depth > 3:
        return []
    if isinstance(value, list):
        return [call for item in value[:MOST_CALLS] for call in _calls_in(item, offered, depth + 1)]
    if not isinstance(value, dict):
        return []
    if isinstance(value.get("tool_calls"), list):
        return _calls_in(value["tool_calls"], offered, depth + 1)
    if isinstance(value.get("function"), dict):
        return [{**call, "id": value.get("id")} for call in _calls_in(value["function"], offered, depth + 1)]
    return _call(value, offered)


def _call(value: dict[str, Any], offered: Set[str]) -> list[RawCall]:
    name_key = next((key for key in _NAMES if isinstance(value.get(key), str) and value[key] in offered), None)
    if name_key is None:
        return []
    arguments_key = next((key for key in _ARGUMENTS if key in value), None)
    if arguments_key is None and value.keys() - _BESIDE - {name_key}:
        return []
    arguments = value[arguments_key] if arguments_key else {}
    return [{"id": value.get("id"), "name": value[name_key], "arguments": arguments}]
