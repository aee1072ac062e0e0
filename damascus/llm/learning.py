"""What a refusal teaches about a model: which field it does not take, calls otherwise, or takes less of.

A refusal that teaches nothing new is left to the caller.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from damascus.core.records.models import LearntModel
from damascus.core.records.turns import ProviderFields
from damascus.llm.failures import AttemptFailure
from damascus.llm.port import PROVIDER, ModelRequest
from damascus.llm.refusals import RefusalKind

MAX_RAISED_TOKENS = 32_768
_TEACHING_STATUSES = (400, 403, 422)
_OPTIONAL_FIELDS = ("stream_options", "temperature", "user", "metadata")
_LIMIT_FIELD = re.compile(r"max_(?:completion_|output_)?tokens|completion tokens|output tokens", re.IGNORECASE)
_LIMITS = re.compile(
    r"(?:at most|up to|(?:less|smaller) than or equal to|maximum (?:value )?(?:is|of|allowed is)|<=|limit(?: is| of)?)"
    r"\s*`?(\d{2,8})|\[\s*1\s*,\s*(\d{2,8})\s*\]",
    re.IGNORECASE,
)
_WINDOW = re.compile(r"maximum context length is (\d+) tokens.{0,200}?(\d+) (?:input tokens|in the messages)")
_TOO_FEW = re.compile(
    r"max_(?:completion_|output_)?tokens\W{0,3} must be (?:greater|at least|more|larger)", re.IGNORECASE
)
_NO_STREAM = re.compile(r"verified to stream|stream(?:ing)? (?:is |mode )?not (?:supported|allowed)", re.IGNORECASE)
_MISSING = re.compile(r"missing|must be (?:passed|provided|set)|required", re.IGNORECASE)
_UNKNOWN = re.compile(r"unsupported|not (?:permitted|allowed)|extra|unknown|unrecognized|unexpected", re.IGNORECASE)
_THINKING = "reasoning_content"


def learn(failure: AttemptFailure, known: LearntModel, request: ModelRequest) -> LearntModel:
    """Return what is known after a refusal of `request`, sent as `known` says; the same if it teaches nothing."""
    if failure.status not in _TEACHING_STATUSES:
        return known
    said = failure.message
    if (limit := output_limit(failure)) is not None:
        return replace(known, max_tokens=limit) if limit < (known.max_tokens or request.max_tokens) else known
    if not known.whole and (failure.param == "stream" or _NO_STREAM.search(said)):
        return replace(known, whole=True)
    if "max_completion_tokens" in said and not known.renamed_limit:
        return replace(known, renamed_limit=True)
    if _THINKING in said and _MISSING.search(said):
        return replace(known, needed=(*{*known.needed, _THINKING},), refused=tuple({*known.refused} - {_THINKING}))
    named = {name for name in _OPTIONAL_FIELDS if name == failure.param or name in said}
    if _UNKNOWN.search(said):
        named |= {name for name in _own_fields(request.messages) if re.search(rf"\b{re.escape(name)}\b", said)}
    return replace(known, refused=tuple(sorted({*known.refused, *named})))


def output_limit(failure: AttemptFailure) -> int | None:
    """Return the most output tokens that a refusal names for the model, whatever is sent; None if it names none."""
    said = failure.message
    if _WINDOW.search(said) or failure.kind == RefusalKind.CONTEXT_FULL or not _LIMIT_FIELD.search(said):
        return None
    found = _LIMITS.search(said)
    return int(found[1] or found[2]) if found else None


def room_for_output(failure: AttemptFailure) -> int | None:
    """Return the output tokens that still fit into the context beside what was sent, if the refusal says so."""
    found = _WINDOW.search(failure.message) if failure.status in _TEACHING_STATUSES else None
    room = int(found[1]) - int(found[2]) if found else 0
    return room if room > 0 else None


def enough_output(failure: AttemptFailure, request: ModelRequest) -> int | None:
    """Return a larger limit of output where the refusal says that thinking alone needs more; None if it does not."""
    too_few = failure.status in _TEACHING_STATUSES and _TOO_FEW.search(failure.message)
    return min(request.max_tokens * 4, MAX_RAISED_TOKENS) if too_few else None


def _own_fields(messages: Sequence[dict[str, object]]) -> set[str]:
    """Return the names of what providers had in these messages."""
    names: set[str] = set()
    for message in messages:
        if isinstance(own := message.get(PROVIDER), ProviderFields):
            names |= (own.message or {}).keys()
            names |= {name for fields in (own.calls or {}).values() for name in fields}
    return names
