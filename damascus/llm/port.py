"""The port: what goes to a model and what comes back; no vendor's type passes this file."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from damascus.core.errors import ModelUnavailable, RequestNotTaken
from damascus.core.live_output import OutputPiece
from damascus.core.records.budgets import PriceKind
from damascus.core.records.learnt_models import LearntModel
from damascus.core.records.model_paces import Told
from damascus.core.records.turns import Picture, ProviderFields
from damascus.core.records.usage import CallCost

Tier = Literal["strong", "standard", "cheap"]
OnOutput = Callable[[OutputPiece], Awaitable[None]]

PROVIDER = "provider"
MAX_TOOL_CALLS = 64  # of one response; further ones are passed over


class Unreachable(ModelUnavailable):
    """Nothing listens where the model's server should be; another attempt costs nothing."""


class ModelBusy(ModelUnavailable):
    """The model `model` is there, or `loading`, and asks to come back in `seconds`; waiting costs nothing."""

    def __init__(self, message: str, seconds: float, model: str, *, loading: bool = False) -> None:
        super().__init__(message)
        self.seconds = seconds
        self.model = model
        self.loading = loading


class ContextFull(RequestNotTaken):
    """A compactable request of `size` bytes does not fit the model's context; one below `most` bytes probably does."""

    def __init__(self, message: str, size: int, most: int) -> None:
        super().__init__(message)
        self.size = size
        self.most = most


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it; `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model asks for; `id` is unique within its response.

    `problem` tells the model why its arguments could not be read; they are empty then.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """One response of a model.

    `finish_reason` is the server's: stop, tool_calls, length, content_filter, or our `refusal`.
    `reservation` is the meter's, for the caller to settle with `cost`; `latency` is the seconds of the attempt that
    succeeded. `counted`: the server counted the tokens itself.
    """

    text: str
    reasoning: str
    calls: tuple[ToolCall, ...]
    finish_reason: str
    cost: CallCost
    reservation: str
    latency: float
    provider: ProviderFields
    counted: bool = True


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture with its bytes."""

    picture: Picture
    png: bytes


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to a model; `messages` are in OpenAI's chat format, oldest first.

    Under PROVIDER an assistant's message has the ProviderFields of the response that it was, if they are known; under
    PICTURES a user's message has the ShownPictures that go with its text.
    `compactable`: who asks sums its older steps up where it does not fit (ContextFull); otherwise they are left out.
    `after_cut`: the last answer ended at its limit of tokens, so this one may be longer (`llm/client.py`).
    """

    tier: Tier
    messages: list[dict[str, Any]]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 2_048
    temperature: float = 0.2
    role: str = ""
    task_id: str = ""
    mission_id: str = ""
    compactable: bool = False
    after_cut: bool = False


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a meter has reserved for one attempt: the reservation's id and its amount in micro-USD."""

    id: str
    microusd: int


class LearntModels(Protocol):
    """What was learnt of the models at an address, shared by all processes of the company.

    Both methods raise Unavailable if it cannot be read or written now.
    """

    async def read(self, url: str) -> Mapping[str, LearntModel]:
        """Return what is known of each model at this address."""
        ...

    async def change(self, url: str, model: str, change: Callable[[LearntModel], LearntModel]) -> LearntModel:
        """Change what is known of a model, as it is then, and return it; other addresses are forgotten."""
        ...


class Meter(Protocol):
    """Reserves the money of each attempt before it is sent.

    A reservation ends in exactly one of these ways: `release`, `put_off`, `lost`, or (for the attempt that succeeded)
    its id in `ModelResponse.reservation`, for the caller to settle.

    Not promised: that a process that dies in between ends its reservation. The implementation must count it as lost.
    """

    async def reserve(
        self, model: str, worst_microusd: int, least_microusd: int, tokens: int, price: PriceKind
    ) -> Reserved:
        """Reserve the most that an attempt can cost; if that will never fit, what is left, at least `least_microusd`.

        `tokens`: about what it reads and writes. Where `price` is free, calls and tokens are limited instead.
        Returns when it is the attempt's turn at the model.
        Raises OverBudget if not even that fits, ModelBusy if its turn does not come soon.
        """
        ...

    def may_send(self) -> bool:
        """Return True if a reserved attempt may still be sent; asked right before the server can act on it."""
        ...

    async def release(self, reservation: str) -> None:
        """End the reservation of an attempt that certainly cost nothing."""
        ...

    async def put_off(self, reservation: str, model: str, told: Told) -> None:
        """End the reservation of an attempt that the model's server refused for now, which cost nothing.

        Everybody who asks that model learns when it may be asked again.
        """
        ...

    async def lost(self, reservation: str) -> None:
        """End the reservation of an attempt with an unknown cost: it counts as spent at its worst case."""
        ...
