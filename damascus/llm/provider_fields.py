"""What a provider puts into its messages beyond the protocol: signatures, thinking, and whatever comes next.

Some refuse the next request without it, so it is kept as it came and goes back to the model that it came from. No field
is known here by its provider; only which texts arrive in pieces is.
"""

from collections.abc import Mapping
from typing import Any

# Of what a stream sends piece by piece, these grow; anything else is said whole, and the last word counts.
_GROWING = frozenset({"reasoning_content", "reasoning", "thinking", "text", "summary", "content"})
_SEALED_BY = ("signature", "data")
_DEPTH = 16


def merged_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a message after another piece of it; a null says nothing."""
    return _merged(dict(old), {key: value for key, value in new.items() if value is not None}, "", 0)  # type: ignore[no-any-return]


def _merged(old: Any, new: Any, key: str, depth: int) -> Any:
    if new is None or depth > _DEPTH:
        return old
    if isinstance(old, dict) and isinstance(new, dict):
        changes = {name: _merged(old.get(name), value, name, depth + 1) for name, value in new.items()}
        return {**old, **changes}
    if isinstance(old, list) and isinstance(new, list):
        return _merged_lists(old, new, depth)
    if isinstance(old, str) and isinstance(new, str):
        return old + new if key in _GROWING else new or old
    return new


def _merged_lists(old: list[Any], new: list[Any], depth: int) -> list[Any]:
    items = list(old)
    for item in new:
        at = next((at for at in reversed(range(len(items))) if _continues(items[at], item, at == len(items) - 1)), None)
        if at is None:
            items.append(item)
        else:
            items[at] = _merged(items[at], item, "", depth + 1)
    return items


def _continues(item: Any, piece: Any, is_last: bool) -> bool:
    """Return True if `piece` continues `item`: by its number, or as the last one that is not sealed yet."""
    if not (isinstance(item, dict) and isinstance(piece, dict)) or item.get("type") != piece.get("type"):
        return False
    if piece.get("index") is not None:
        return bool(item.get("index") == piece["index"])
    return is_last and not any(item.get(seal) for seal in _SEALED_BY) and bool(_GROWING & item.keys())
