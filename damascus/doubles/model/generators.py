"""Long, deep and counted content of a script, so that a misbehaviour is a few lines and not a big file.

A mapping with one of these keys stands for what it makes:

    {$repeat: TEXT, times: N}     the text N times over
    {$each: VALUE, times: N}      a list of N copies; <n> counts them
    {$nest: KEY, times: N}        objects within each other, N deep

In any string `<n>` is a number that counts, and `<result>` what the newest tool call of the task gave back.
"""

from collections.abc import Mapping
from typing import Any

from damascus.core.errors import Invalid

MOST = 20_000_000
_KINDS = ("$repeat", "$each", "$nest")


def grow(value: Any, blanks: Mapping[str, str]) -> Any:
    """`value` with its generators played and its `blanks` filled in."""
    if isinstance(value, str):
        for blank, text in blanks.items():
            value = value.replace(blank, text)
        return value
    if isinstance(value, list):
        return [grow(item, blanks) for item in value]
    if not isinstance(value, dict):
        return value
    kind = next((kind for kind in _KINDS if kind in value), None)
    if kind is None:
        return {grow(key, blanks): grow(item, blanks) for key, item in value.items()}
    return _made(kind, value[kind], value["times"], blanks)


def check(where: str, value: Any) -> None:
    """Raise Invalid for a generator that has not just its own key and a sensible `times`."""
    if isinstance(value, list):
        for item in value:
            check(where, item)
    if not isinstance(value, dict):
        return
    kind = next((kind for kind in _KINDS if kind in value), None)
    if kind is not None:
        times, size = value.get("times"), len(value[kind]) if isinstance(value[kind], str) else 1
        if set(value) != {kind, "times"} or not isinstance(times, int) or not 0 <= times * size <= MOST:
            raise Invalid(f"{where}: {kind} goes with `times` alone, and makes at most {MOST} characters or items")
    for item in value.values():
        check(where, item)


def _made(kind: str, what: Any, times: int, blanks: Mapping[str, str]) -> Any:
    if kind == "$repeat":
        return str(grow(what, blanks)) * times
    if kind == "$each":
        return [grow(what, {**blanks, "<n>": str(at)}) for at in range(1, times + 1)]
    nested: Any = {}
    for _ in range(times):
        nested = {str(what): nested}
    return nested
