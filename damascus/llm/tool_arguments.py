"""A tool call's arguments, read as kindly as is safe.

Kindly: broken JSON is repaired, JSON within a string is unwrapped. Safe: text that ends in the middle of a string is
not "repaired" into half a file; the model is told instead. Bounded: the repair of hostile text is slow, so long or
deeply nested text is not repaired.
"""

import json
import math
import re
from typing import Any

from json_repair import loads as repair

MOST_TO_REPAIR = 64 * 1024
DEEPEST = 64
_JUNK = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BRACKET = re.compile(r"[\[\]{}]")
_QUOTE = re.compile(r'(?<!\\)"')
CUT_OFF = "the arguments end in the middle: the answer was cut off; send the call again, in smaller pieces"


def clean(text: str) -> str:
    """`text` without control characters (but tab and line ends) and lone surrogates; split pairs are joined."""
    if not _JUNK.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return _JUNK.sub("", joined)


def read_arguments(raw: object, *, cut: bool = False, mend: bool = True) -> tuple[dict[str, Any], str | None]:
    """The arguments as a dictionary, and what is wrong with them in words for the model (the dictionary is empty then).

    `cut`: the answer ended at its token limit just here, so nothing that is incomplete is completed.
    `mend`: whether broken JSON is repaired at all.
    """
    try:
        value = _unwrapped(raw, cut, mend)
    except _CutOff:
        return {}, CUT_OFF
    except (ValueError, RecursionError) as error:
        return {}, f"the arguments are not valid JSON: {clean(str(error))[:200]}"
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, dict):
        return value or {}, None
    return {}, f"the arguments must be one JSON object, not {type(value).__name__}"


def read_json(text: str, *, cut: bool = False, mend: bool = True) -> Any:
    """`text` as JSON, repaired where that is safe; raises ValueError or RecursionError."""
    try:
        return json.loads(text, strict=False)
    except ValueError:
        if cut or _ends_in_string(text):
            raise _CutOff from None
        if not mend or len(text) > MOST_TO_REPAIR or _depth(text) > DEEPEST:
            raise
        # Without `stream_stable`, line ends are lost from the ends of strings: from files, that is.
        mended = repair(text, skip_json_loads=True, stream_stable=True)
        if not isinstance(mended, dict | list):
            raise
        return mended


class _CutOff(ValueError):
    pass


def _unwrapped(raw: object, cut: bool, mend: bool) -> Any:
    value = raw
    for _ in range(3):
        if not isinstance(value, str):
            break
        value = read_json(value, cut=cut, mend=mend) if value.strip() else None
    return _tidy(value, 0)


def _tidy(value: Any, depth: int) -> Any:
    """The same value, its strings clean, and no number that JSON and databases cannot hold."""
    if depth > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST}")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _tidy(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_tidy(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _ends_in_string(text: str) -> bool:
    return not text.rstrip("` \t\r\n").endswith(("}", "]")) and len(_QUOTE.findall(text)) % 2 == 1


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest
