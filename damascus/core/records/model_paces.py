"""How fast a model is asked: one row for all processes that share it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ModelPace:
    """The pace of one model.

    `next_at` is when its next request may be sent, `closed_until` until when its server asked to leave it alone, which
    `why` says in the server's words, and `told_at` when it last said so. `refusals` are those since its last answer.
    `requests_per_minute` and `tokens_per_minute` are what its server named as its limits.
    """

    model: str
    next_at: datetime
    closed_until: datetime
    told_at: datetime
    refusals: int = 0
    why: str = ""
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What a server said when it refused a request for now: in its words, and as far as it named numbers."""

    why: str
    seconds: float | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
