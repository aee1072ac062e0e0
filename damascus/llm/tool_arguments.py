"""A tool call's arguments, read as tolerantly as is safe.

Tolerant: broken JSON is repaired, JSON within a string is unwrapped. Safe: text that ends in the middle of a string is
not "repaired" into half a file; the model is told instead. Bounded: the repair of hostile text is slow, so long or
deeply nested text is not repaired.
"""

import json
import math
import re
from typing import Any

from json_repair import loads as repair_json

MAX_REPAIRED_CHARS = 64 * 1024
MAX_JSON_DEPTH = 64
MAX_OBJECTS = 64
_DECODER = json.JSONDecoder(strict=False)
_UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BRACKET = re.compile(r"[\[\]{}]")
_QUOTE = re.compile(r'(?<!\\)"')
CUT_OFF = "the arguments end in the middle: the answer was cut off"
SHOWN_CHARS = 120  # of the beginning and of the end of what arrived


def clean(text: str) -> str:
    """Return `text` without control characters (but tab and line ends) and lone surrogates; split pairs are joined."""
    if not _UNCLEAN.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _UNCLEAN.sub("", joined)


def read_arguments(raw: object, *, cut: bool = False, repair: bool = True) -> tuple[dict[str, Any], str | None]:
    """Parse a tool call's arguments.

    Returns (arguments, None), or ({}, problem) with a problem to tell the model if they cannot be read. Never raises.
    `cut`: the response ended at its token limit here, so incomplete JSON is reported, not repaired.
    `repair`: whether broken JSON may be repaired at all.
    """
    try:
        value = _unwrapped(raw, cut, repair)
    except _CutOff:
        return {}, cut_off_note(raw)
    except (ValueError, RecursionError) as error:
        return {}, f"the arguments are not valid JSON: {clean(str(error))[:200]}"
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, dict):
        return value or {}, None
    return {}, f"the arguments must be one JSON object, not {type(value).__name__}"


def cut_off_note(raw: object) -> str:
    """Return what to tell the model of arguments that did not arrive whole: how many there are, and their ends."""
    text = clean(str(raw))
    ends = [json.dumps(end, ensure_ascii=False) for end in (text[:SHOWN_CHARS], text[-SHOWN_CHARS:])]
    return f"{CUT_OFF} after {len(text)} characters of them, from {ends[0]} to {ends[1]}"


def read_json(text: str, *, cut: bool = False, repair: bool = True) -> Any:
    """Parse `text` as JSON, repaired if that is safe. Raises ValueError or RecursionError if it cannot be read."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        if objects := _objects_in(text):
            if len(objects) > 1:
                raise ValueError(f"they hold {len(objects)} objects; make a call for each") from None
            return objects[0]
        if cut or _ends_in_string(text):
            raise _CutOff from None
        if not repair or len(text) > MAX_REPAIRED_CHARS or _nesting_depth(text) > MAX_JSON_DEPTH:
            raise
        # Without `stream_stable`, line ends are lost from the ends of strings: from files, that is.
        repaired = repair_json(text, skip_json_loads=True, stream_stable=True)
        if not isinstance(repaired, dict | list):
            raise
        return repaired


class _CutOff(ValueError):
    pass


def _unwrapped(raw: object, cut: bool, repair: bool) -> Any:
    value = raw
    for _ in range(3):
        if not isinstance(value, str):
            break
        value = read_json(value, cut=cut, repair=repair) if value.strip() else None
    return clean_value(value)


def clean_value(value: Any, depth: int = 0) -> Any:
    """Return the value with clean strings, and without numbers that JSON and databases cannot represent.

    Raises ValueError if it is nested deeper than MAX_JSON_DEPTH.
    """
    if depth > MAX_JSON_DEPTH:
        raise ValueError(f"nested deeper than {MAX_JSON_DEPTH}")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): clean_value(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_value(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _objects_in(text: str) -> list[Any]:
    """Return the different JSON objects of a text in which they follow each other, and nothing else is."""
    found: list[Any] = []
    at = 0
    while text[at : at + 1] == "{" and len(found) < MAX_OBJECTS:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return []
        found += [] if value in found else [value]
        at = len(text) - len(text[end:].lstrip())
    return found if at == len(text) else []


def _ends_in_string(text: str) -> bool:
    return not text.rstrip("` \t\r\n").endswith(("}", "]")) and len(_QUOTE.findall(text)) % 2 == 1


def _nesting_depth(text: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
