"""What a refusal means, read from its words before it ends anything. The first line of the table that fits counts."""

import re
from enum import StrEnum


class RefusalKind(StrEnum):
    """What to do about a refusal: see the client."""

    SET_UP = "set up"  # the server must be started otherwise, or with another model
    PASSING = "passing"  # the same request may be taken next time
    LOADING = "loading"  # and so it may be when the model is there
    BUSY = "busy"  # it has too much to do
    FILTERED = "filtered"  # the provider does not like what the request says
    CONTEXT_FULL = "context full"
    NO_CREDIT = "no credit"
    WRONG_KEY = "wrong key"
    WRONG_NAME = "wrong name"
    NOT_ALLOWED = "not allowed"  # nobody may use it from there
    OTHER = "other"


REFUSALS: tuple[tuple[RefusalKind, str], ...] = (
    (RefusalKind.SET_UP, r"--jinja|--enable-auto-tool-choice|--tool-call-parser|endpoints found that support tool"),
    (RefusalKind.SET_UP, r"(?:does not|doesn't) support (?:tools?\b|tool.(?:use|call|choice)|function)"),
    (
        RefusalKind.SET_UP,
        r"(?:tools?|tool.(?:use|calling)|functions?|function.calling)`? (?:is|are) not (?:supp|enabl)",
    ),
    (RefusalKind.PASSING, r"tool_use_failed|failed to (?:call a function|parse (?:the )?(?:tool|input)|generate tool)"),
    (
        RefusalKind.PASSING,
        r"malformed[ _]function[ _]call|(?:could not|error) pars(?:e|ing) (?:the )?(?:model|tool|func)",
    ),
    (RefusalKind.PASSING, r"tool call validation failed|attempted to call tool"),
    (RefusalKind.LOADING, r"loading model|model.{0,80} is (?:currently |still )?(?:loading|being loaded)"),
    (RefusalKind.LOADING, r"not ready yet|warming up"),
    (RefusalKind.BUSY, r"overloaded|at (?:full )?capacity|server (?:is )?busy|slot (?:is )?unavailable"),
    (RefusalKind.FILTERED, r"content[ _-]?(?:filter|policy|management|moderation)|data_inspection_failed|guardrail"),
    (RefusalKind.FILTERED, r"safety (?:system|settings)|flagged (?:as|by|for)|prompt was blocked|responsible ?ai"),
    (
        RefusalKind.FILTERED,
        r"content exists risk|considered high risk|usage guidelines|new_sensitive|prohibited_content",
    ),
    (RefusalKind.FILTERED, r"inappropriate content|不安全或敏感|敏感内容"),
    (RefusalKind.CONTEXT_FULL, r"context[ _](?:length|window|size|limit)[ _]?exceed|maximum (?:context|prompt) length"),
    (RefusalKind.CONTEXT_FULL, r"exceeds? (?:the )?(?:available )?(?:model'?s )?(?:maximum )?context"),
    (RefusalKind.CONTEXT_FULL, r"input (?:token count|length).{0,40}exceed|(?:prompt|input) is too long|prompt 超长"),
    (RefusalKind.CONTEXT_FULL, r"too many (?:input )?tokens|request_too_large|reduce the length|exceeded model token"),
    (RefusalKind.CONTEXT_FULL, r"longer than the (?:model's|maximum) (?:model|context) length|too long to fit"),
    (RefusalKind.CONTEXT_FULL, r"max_new_tokens`? must be <=|context length of only|shorter input"),
    (RefusalKind.CONTEXT_FULL, r"range of input length|exceed context limit"),
    (RefusalKind.NO_CREDIT, r"insufficient_quota|insufficient[ _]balance|billing[ _]hard[ _]limit|balance is too low"),
    (
        RefusalKind.NO_CREDIT,
        r"credits? (?:are|is) depleted|more credits|credit limit|have any credits|arrearage|overdue",
    ),
    (RefusalKind.NO_CREDIT, r"exceeded_current_quota|plan and billing details.{0,400}limit: 0\b|余额不足|欠费"),
    (RefusalKind.WRONG_KEY, r"invalid[ _]api[ _](?:key|token)|api key not valid|incorrect api key|api_key_invalid"),
    (
        RefusalKind.WRONG_KEY,
        r"login fail|authentication[ _](?:error|failed)|no auth credentials|organization_restricted",
    ),
    (
        RefusalKind.WRONG_NAME,
        r"model[ _]not[ _](?:found|exist)|invalid model\b|invalid_model|not a valid model|模型不存在",
    ),
    (RefusalKind.WRONG_NAME, r"decommissioned|model identifier is invalid|deploymentnotfound|unable to access model"),
    (RefusalKind.WRONG_NAME, r"model\b.{0,120}(?:does not exist|doesn't exist|not found|no longer (?:supp|avail))"),
    (RefusalKind.WRONG_NAME, r"not have access to (?:the )?(?:model|`)|no models? loaded|model_permission"),
    (RefusalKind.NOT_ALLOWED, r"(?:country|region|territory|location)\b.{0,60}not supported|unsupported_country"),
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
