"""Long, deep and counted content of a script, so that a misbehaviour is a few lines and not a big file.

A mapping with one of these keys stands for what it makes:

    {$repeat: TEXT, times: N}     the text N times over
    {$each: VALUE, times: N}      a list of N copies; <n> counts them
    {$nest: KEY, times: N}        objects within each other, N deep

In any string `<n>` is a number that counts, `<result>` what the latest tool call of the task returned, and `<entry>`
the latest trail entry that it left.
"""

from collections.abc import Mapping
from typing import Any

from damascus.core.errors import Invalid

MAX_GENERATED = 20_000_000
_KINDS = ("$repeat", "$each", "$nest")


def expand(value: Any, blanks: Mapping[str, str]) -> Any:
    """Return `value` with its generators played and its `blanks` filled in."""
    if isinstance(value, str):
        for blank, text in blanks.items():
            value = value.replace(blank, text)
        return value
    if isinstance(value, list):
        return [expand(item, blanks) for item in value]
    if not isinstance(value, dict):
        return value
    kind = next((kind for kind in _KINDS if kind in value), None)
    if kind is None:
        return {expand(key, blanks): expand(item, blanks) for key, item in value.items()}
    return _generated(kind, value[kind], value["times"], blanks)


def check_generators(where: str, value: Any) -> None:
    """Check a script's generators. Raises Invalid if one has other keys than its own and `times`, or makes too much."""
    if isinstance(value, list):
        for item in value:
            check_generators(where, item)
    if not isinstance(value, dict):
        return
    kind = next((kind for kind in _KINDS if kind in value), None)
    if kind is not None:
        times, size = value.get("times"), len(value[kind]) if isinstance(value[kind], str) else 1
        if set(value) != {kind, "times"} or not isinstance(times, int) or not 0 <= times * size <= MAX_GENERATED:
            raise Invalid(
                f"{where}: {kind} goes with `times` alone, and makes at most {MAX_GENERATED} characters or items"
            )
    for item in value.values():
        check_generators(where, item)


def _generated(kind: str, what: Any, times: int, blanks: Mapping[str, str]) -> Any:
    if kind == "$repeat":
        return str(expand(what, blanks)) * times
    if kind == "$each":
        return [expand(what, {**blanks, "<n>": str(at)}) for at in range(1, times + 1)]
    nested: Any = {}
    for _ in range(times):
        nested = {str(what): nested}
    return nested
