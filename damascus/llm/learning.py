"""What a refusal teaches about a model: which field it does not take, calls otherwise, or takes less of.

A refusal that teaches nothing new is left to the caller.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from damascus.core.records.learnt_models import LearntModel
from damascus.core.records.turns import PICTURES, ProviderFields
from damascus.llm.failures import AttemptFailure
from damascus.llm.history import NEEDED, NO_SYSTEM
from damascus.llm.pictures import PICTURE_FIELD
from damascus.llm.port import PROVIDER, ModelRequest
from damascus.llm.refusals import RefusalKind

MAX_RAISED_TOKENS = 32_768
MIN_REFUSED_TOKENS = 16  # what is below is not a model's limit
_TEACHING_STATUSES = (400, 402, 403, 404, 413, 422, 500, 501)
_OPTIONAL_FIELDS = ("stream_options", "temperature", "user", "metadata", "cache_control")
_LIMIT_FIELD = re.compile(
    r"max_?(?:completion_?|output_?|new_?)?tokens|max(?:imum)? tokens|(?:completion|output) tokens", re.IGNORECASE
)
_LIMITS = re.compile(
    r"(?:at most|up to|(?:less|smaller|lower) than (?:or equal to)?|maximum (?:value )?(?:is|of|allowed is)|<="
    r"|limit(?: is| of)?)\s*`?(?P<most>\d{2,8})|\[\s*1\s*,\s*(?P<range>\d{2,8})\s*\]"
    r"|> (?P<above>\d{2,8}), which is the maximum|to (?P<below>\d{2,8}) \(exclusive\)",
    re.IGNORECASE,
)
# How a refusal says how large the context is, and how much of it the request takes, or the request with its answer.
_WINDOWS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"maximum context length is (?P<window>\d+) tokens.{0,200}?(?P<read>\d+) (?:input tokens|in the messages)",
        r"maximum context length (?:is|of) (?P<window>\d+) .{0,100}?requested (?:about |a total of )?(?P<all>\d+)",
        r"passed (?P<read>\d+) input tokens.{0,120}context length is only (?P<window>\d+)",
        r"exceed context limit: (?P<read>\d+) \+ \d+ > (?P<window>\d+)",
        r"max_new_tokens`? must be <= (?P<window>\d+)\. given: (?P<read>\d+)",
        r"requested up to (?P<all>\d+) tokens, but can only afford (?P<window>\d+)",
    )
)
_CONTEXT = re.compile(
    r"context (?:length|window|size)(?: is| of|:)? ?(?:only )?\(?(\d{3,9})|"
    r"number of tokens allowed \((\d{3,9})\)|> (\d{3,9}) maximum|(\d{3,9})[- ]token context",
    re.IGNORECASE,
)
_TOO_FEW = re.compile(
    r"max_(?:completion_|output_)?tokens\W{0,3} must be (?:greater|at least|more|larger)", re.IGNORECASE
)
_NO_STREAM = re.compile(
    r"verified to stream|stream(?:ing)? (?:is |mode )?not (?:supported|allowed)|support (?:tool.?use|tools?) in stream",
    re.IGNORECASE,
)
_NO_SYSTEM = re.compile(
    r"(?:system|developer) (?:role|messages?|prompts?|instructions?)\b.{0,20} not (?:supported|enabled|allowed)"
    r"|only user and assistant roles|system role not supported",
    re.IGNORECASE,
)
_MISSING = re.compile(r"missing|must be (?:passed|provided|set)|required", re.IGNORECASE)
_UNKNOWN = re.compile(
    r"unsupported|not (?:permitted|allowed|supported|expected)|extra|unknown|unrecogni[sz]ed|unexpected|additional pro",
    re.IGNORECASE,
)
_NO_PICTURES = re.compile(
    r"image_url|image input|input.{0,20}images?\b|images? (?:is|are) not|vision|multi-?modal|must be a string"
    r"|content.{0,30}\bstring",
    re.IGNORECASE,
)
_OF_MESSAGES = re.compile(r"\bmessages?\b", re.IGNORECASE)


def learn(failure: AttemptFailure, known: LearntModel, request: ModelRequest) -> LearntModel:
    """Return what is known after a refusal of `request`, sent as `known` says; the same if it teaches nothing."""
    if failure.status not in _TEACHING_STATUSES:
        return known
    said = failure.said
    has_pictures = any(PICTURES in message for message in request.messages)
    if has_pictures and PICTURE_FIELD not in known.refused and _NO_PICTURES.search(said):
        return replace(known, refused=tuple(sorted({*known.refused, PICTURE_FIELD})))
    if (limit := output_limit(failure)) is not None:
        return replace(known, max_tokens=limit) if limit < (known.max_tokens or request.max_tokens) else known
    if not known.whole and (failure.param == "stream" or _NO_STREAM.search(said)):
        return replace(known, whole=True)
    of_limit = "max_completion_tokens" in said or (failure.param == "max_tokens" and _UNKNOWN.search(said))
    if of_limit and not known.renamed_limit:
        return replace(known, renamed_limit=True)
    needed = next((name for name, field in NEEDED.items() if field in said and name not in known.needed), None)
    if needed and _MISSING.search(said):
        refused = tuple(sorted({*known.refused} - {NEEDED[needed]}))
        return replace(known, needed=(*known.needed, needed), refused=refused)
    if _NO_SYSTEM.search(said):
        return replace(known, refused=tuple(sorted({*known.refused, NO_SYSTEM})))
    return replace(known, refused=tuple(sorted({*known.refused, *_refused_fields(failure, request)})))


def _refused_fields(failure: AttemptFailure, request: ModelRequest) -> set[str]:
    """Return the fields that a refusal names; every field of a provider's own if it only says that there is one."""
    said = failure.said
    is_unknown = _UNKNOWN.search(said)
    if failure.status is None or (failure.status >= 500 and not is_unknown):
        return set()
    named = {name for name in _OPTIONAL_FIELDS if name == failure.param or re.search(rf"\b{name}\b", said)}
    if not is_unknown:
        return named
    own = _own_fields(request.messages)
    named |= {name for name in own if re.search(rf"\b{re.escape(name)}\b", said)}
    return named or (own if _OF_MESSAGES.search(said) else set())


def output_limit(failure: AttemptFailure) -> int | None:
    """Return the most output tokens that a refusal names for the model, whatever is sent; None if it names none."""
    said = failure.said
    if _window_in(said) or failure.kind == RefusalKind.CONTEXT_FULL or not _LIMIT_FIELD.search(said):
        return None
    found = _LIMITS.search(said)
    if found is None:
        return None
    limit = int(found["below"]) - 1 if found["below"] else int(found["most"] or found["range"] or found["above"])
    return limit if limit >= MIN_REFUSED_TOKENS else None


def context_window(failure: AttemptFailure) -> int | None:
    """Return the tokens of the context that a refusal names; None if it names none."""
    found = _CONTEXT.search(failure.said) if failure.kind == RefusalKind.CONTEXT_FULL else None
    return int(next(filter(None, found.groups()))) if found else None


def room_for_output(failure: AttemptFailure, request: ModelRequest) -> int | None:
    """Return the output tokens that still fit beside what was sent, if the refusal says so."""
    found = _window_in(failure.said) if failure.status in _TEACHING_STATUSES else None
    if found is None:
        return None
    parts = found.groupdict()
    read = int(parts["read"]) if parts.get("read") else int(parts["all"]) - request.max_tokens
    room = int(parts["window"]) - read
    return room if room > 0 else None


def _window_in(said: str) -> re.Match[str] | None:
    return next((found for pattern in _WINDOWS if (found := pattern.search(said))), None)


def enough_output(failure: AttemptFailure, request: ModelRequest) -> int | None:
    """Return a larger limit of output where the refusal says that thinking alone needs more; None if it does not."""
    too_few = failure.status in _TEACHING_STATUSES and _TOO_FEW.search(failure.said)
    return min(request.max_tokens * 4, MAX_RAISED_TOKENS) if too_few else None


def _own_fields(messages: Sequence[dict[str, object]]) -> set[str]:
    """Return the names of what providers had in these messages."""
    names: set[str] = set()
    for message in messages:
        if isinstance(own := message.get(PROVIDER), ProviderFields):
            names |= (own.message or {}).keys()
            names |= {name for fields in (own.calls or {}).values() for name in fields}
    return names
