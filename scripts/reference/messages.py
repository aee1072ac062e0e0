"""docs/reference/messages-and-channels.md: the wire format."""

from damascus.core.messages import MAX_HOPS, MAX_MESSAGE_BYTES, Message
from damascus.work.intake.directives import MAX_DIRECTIVE_CHARS
from scripts.reference.markdown import fields, inline


def wire_format() -> str:
    """Return a table of a message's fields."""
    return fields(inline(Message.model_json_schema()))


def limits() -> str:
    """Return what a message may hold."""
    return (
        f"A message has at most {MAX_MESSAGE_BYTES:,} bytes, a directive's text at most {MAX_DIRECTIVE_CHARS:,} "
        f"characters; `context.hops` stays below {MAX_HOPS}."
    )
