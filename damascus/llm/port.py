"""What goes to a model and what comes back, in the company's own words; no vendor's type passes this file."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from damascus.core.errors import ModelUnavailable
from damascus.core.records.usage import CallCost

Tier = Literal["strong", "standard", "cheap"]
OnText = Callable[[str], Awaitable[None]]


class Unreachable(ModelUnavailable):
    """Nobody listens where the model's server should be; asking again costs nothing until somebody does."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it; `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for; `id` is unique within its answer.

    `problem` says, in words for the model, why the arguments could not be read; they are empty then.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """One answer of a model.

    `finish_reason` is the server's word: stop, tool_calls, length, content_filter, or our `refusal`.
    `reservation` is the meter's, for the caller to settle with `cost`; `latency` is the seconds of the attempt that
    succeeded.
    """

    text: str
    reasoning: str
    calls: tuple[ToolCall, ...]
    finish_reason: str
    cost: CallCost
    reservation: str
    latency: float


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model; `messages` are in OpenAI's chat format, oldest first."""

    tier: Tier
    messages: list[dict[str, Any]]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 2_048
    temperature: float = 0.2
    role: str = ""
    task_id: str = ""
    mission_id: str = ""


class Meter(Protocol):
    """Who watches the money. Each attempt that is sent is reserved first, and ends in exactly one of these ways:
    `release`, `lost`, or (the one that succeeded) its id in `Answer.reservation`, which the caller settles.

    A process that dies in between leaves its reservation behind: whoever keeps them must count it as lost.
    """

    async def reserve(self, model: str, worst_microusd: int) -> str:
        """Set aside the most that the attempt can cost; returns an id. Raises OverBudget."""
        ...

    def may_send(self) -> bool:
        """Whether an attempt that was reserved may go out; asked last, right before its bytes can be acted on."""
        ...

    async def release(self, reservation: str) -> None:
        """The attempt surely cost nothing."""
        ...

    async def lost(self, reservation: str) -> None:
        """Nobody knows what the attempt cost; it counts as spent at its worst."""
        ...
