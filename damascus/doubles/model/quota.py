"""A provider's quota: so many requests in a sliding span of time, and a refusal for what is above.

How the refusal says when to come back is `names`: `header` (Retry-After, and what is left), `words` (OpenAI's, in the
message), `details` (Google's QuotaFailure and RetryInfo), or `nothing`. The forms are those of OpenAI's and Google's
documented errors, and of reported ones. A refusal uses nothing of the quota.
"""

import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MINUTE_SECONDS = 60.0

ErrorBody = dict[str, object]


@dataclass(frozen=True)
class QuotaRefusal:
    """A response with status 429."""

    body: bytes
    headers: Mapping[str, str]


@dataclass
class Quota:
    """At most `requests` in any `seconds`; nothing is limited with 0."""

    requests: int = 0
    seconds: float = MINUTE_SECONDS
    names: str = "words"
    refused: int = 0
    _taken: deque[float] = field(default_factory=deque)

    def refusal(self, now: float) -> QuotaRefusal | None:
        """Count a request at `now`, in seconds that never go back; return the refusal if the quota is used up."""
        while self._taken and self._taken[0] <= now - self.seconds:
            self._taken.popleft()
        if not self.requests or len(self._taken) < self.requests:
            self._taken.append(now)
            return None
        self.refused += 1
        body, headers = REFUSALS[self.names](self, self._taken[0] + self.seconds - now)
        return QuotaRefusal(json.dumps(body).encode(), headers)


def _header(quota: Quota, wait: float) -> tuple[ErrorBody, Mapping[str, str]]:
    seconds = str(math.ceil(wait))
    left = {"x-ratelimit-limit-requests": str(quota.requests), "x-ratelimit-remaining-requests": "0"}
    return _openai("Rate limit reached for requests."), {
        "retry-after": seconds, **left, "x-ratelimit-reset-requests": f"{seconds}s",
    }  # fmt: skip


def _words(quota: Quota, wait: float) -> tuple[ErrorBody, Mapping[str, str]]:
    span = "min (RPM)" if quota.seconds == MINUTE_SECONDS else f"{quota.seconds:g} s"
    used = f"Limit {quota.requests}, Used {quota.requests}, Requested 1"
    return _openai(f"Rate limit reached on requests per {span}: {used}. Please try again in {wait:.3f}s."), {}


def _details(quota: Quota, wait: float) -> tuple[ErrorBody, Mapping[str, str]]:
    minute = "PerMinute" if quota.seconds == MINUTE_SECONDS else "PerSpan"
    id = f"GenerateRequests{minute}PerProjectPerModel-FreeTier"
    violation = {"quotaId": id, "quotaValue": str(quota.requests)}
    details = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:.3f}s"},
    ]
    message = "You exceeded your current quota, please check your plan."
    return {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": message, "details": details}}, {}


def _nothing(_quota: Quota, _wait: float) -> tuple[ErrorBody, Mapping[str, str]]:
    return _openai("Too many requests."), {}


def _openai(message: str) -> ErrorBody:
    return {"error": {"message": message, "type": "requests", "param": None, "code": "rate_limit_exceeded"}}


REFUSALS: dict[str, Callable[[Quota, float], tuple[ErrorBody, Mapping[str, str]]]] = {
    "details": _details,
    "header": _header,
    "nothing": _nothing,
    "words": _words,
}
