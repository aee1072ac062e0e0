"""What each model call used and cost."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens and the cost (micro-USD) of one model call.

    `answered` is false for a call whose response was lost: it is charged at its worst case. `disbelieved` is what the
    server's figures came to, in micro-USD, if they cannot be true; the call is charged at its worst case then, too.
    `asked_at` is when its money was reserved, just before it was sent. `cached_tokens` are those of the input that the
    provider had in its cache.
    """

    id: str
    mission_id: str
    task_id: str
    role: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: int
    price_known: bool
    answered: bool
    created_at: datetime
    disbelieved: int | None = None
    asked_at: datetime | None = None
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class CallCost:
    """What an answered call used and cost.

    `model` is the one that answered (a fallback, perhaps); `price_known` is false if the price or the tokens had to be
    guessed. `disbelieved`: see Usage.
    """

    model: str
    input_tokens: int
    output_tokens: int
    cost_microusd: int
    price_known: bool
    disbelieved: int | None = None
    cached_tokens: int = 0
