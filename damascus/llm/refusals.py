"""What a refusal means, read from its words before it ends anything. The first line of the table that fits counts."""

import re
from enum import StrEnum


class RefusalKind(StrEnum):
    """What to do about a refusal: see the client."""

    SET_UP = "set up"  # the server must be started otherwise, or with another model
    PASSING = "passing"  # the same request may be taken next time
    FILTERED = "filtered"  # the provider does not like what the request says
    CONTEXT_FULL = "context full"
    NO_CREDIT = "no credit"
    WRONG_KEY = "wrong key"
    WRONG_NAME = "wrong name"
    OTHER = "other"


REFUSALS: tuple[tuple[RefusalKind, str], ...] = (
    (RefusalKind.SET_UP, r"--jinja|--enable-auto-tool-choice|--tool-call-parser|does not support (?:tools|function)"),
    (RefusalKind.PASSING, r"tool_use_failed|failed to (?:call a function|parse (?:the )?tool)"),
    (RefusalKind.PASSING, r"malformed[ _]function[ _]call|could not parse (?:the )?(?:model|tool|function)"),
    (RefusalKind.PASSING, r"loading model|model is (?:currently )?loading|not ready yet|warming up"),
    (RefusalKind.FILTERED, r"content[ _-]?(?:filter|policy|management|moderation)|data_inspection_failed"),
    (RefusalKind.FILTERED, r"safety (?:system|settings)|flagged (?:as|by|for)|prompt was blocked|responsible ?ai"),
    (RefusalKind.CONTEXT_FULL, r"context[ _](?:length|window|size)[ _]?exceed|maximum context length"),
    (RefusalKind.CONTEXT_FULL, r"exceeds? (?:the )?(?:available )?(?:model'?s )?(?:maximum )?context"),
    (RefusalKind.CONTEXT_FULL, r"input (?:token count|length).{0,40}exceed|prompt is too long"),
    (RefusalKind.CONTEXT_FULL, r"too many (?:input )?tokens|request_too_large|reduce the length"),
    (RefusalKind.NO_CREDIT, r"insufficient_quota|insufficient[ _]balance|billing_hard_limit|credit balance is too low"),
    (RefusalKind.WRONG_KEY, r"invalid_api_key|api key not valid|incorrect api key|api_key_invalid"),
)
_TABLE = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in REFUSALS]
_BY_STATUS = {
    401: RefusalKind.WRONG_KEY,
    402: RefusalKind.NO_CREDIT,
    403: RefusalKind.WRONG_KEY,
    404: RefusalKind.WRONG_NAME,
    405: RefusalKind.WRONG_NAME,
    413: RefusalKind.CONTEXT_FULL,
}


def refusal_kind(status: int | None, said: str) -> RefusalKind:
    """Return what an error means; `said` are its words: code, type and message."""
    words = next((kind for kind, pattern in _TABLE if pattern.search(said)), None)
    return words or _BY_STATUS.get(status or 0, RefusalKind.OTHER)
