"""docs/reference/events.md: the kinds of event and their payloads."""

from damascus.core.events import PAYLOADS, TRAIL, EventKind, Payload
from scripts.reference.markdown import objects, table


def kinds() -> str:
    """Return which payload each kind carries."""
    rows = [
        (f"`{kind}`", "yes" if kind in TRAIL else "", f"[{payload.__name__}](#{payload.__name__.lower()})")
        for kind, payload in _in_order()
    ]
    return table(("kind", "trail", "payload"), rows)


def payloads() -> str:
    """Return a section for each payload."""
    return "\n\n".join(
        objects(payload.model_json_schema()) for payload in dict.fromkeys(payload for _, payload in _in_order())
    )


def _in_order() -> list[tuple[EventKind, type[Payload]]]:
    return [(kind, PAYLOADS[kind]) for kind in EventKind]
