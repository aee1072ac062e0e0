"""Texts as vectors, from a server of OpenAI's `/v1/embeddings`: one attempt, priced, its answer checked."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from damascus.core.clock import Clock
from damascus.core.errors import Unavailable
from damascus.core.network import Route
from damascus.core.packed_floats import pack
from damascus.core.records.budgets import PriceKind
from damascus.core.records.usage import CallCost
from damascus.core.settings import EmbeddingsSettings, NamedModel, Price
from damascus.llm.failures import AttemptFailure
from damascus.llm.lazy_transport import load_transport
from damascus.llm.lookups import Lookups
from damascus.llm.prices import Prices
from damascus.llm.request_body import max_input_tokens

if TYPE_CHECKING:
    from damascus.llm.transport import Transport

MAX_DIMENSIONS = 4_096
MIN_LENGTH = 1e-9  # of a vector: a shorter one says nothing


class NotBilled(Unavailable):
    """There is no answer, and it certainly cost nothing."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Vectors of length 1, one for each text, and what they cost."""

    vectors: list[bytes]
    cost: CallCost


class Payer(Protocol):
    """Who pays for a call: its worst case is held before, its cost settled after."""

    async def pay(self, worst_microusd: int, call: Callable[[], Awaitable[Answered]]) -> Answered:
        """Make the call and return its answer. Raises OverBudget if it may not be made, and what the call raises."""
        ...


class EmbeddingsClient:
    """A client of the server that the settings name; one per process."""

    def __init__(
        self, settings: EmbeddingsSettings, clock: Clock, models: Mapping[str, NamedModel], unknown: Price
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._prices = Prices(models, unknown, settings.url)
        self._lookups = Lookups(settings.url, settings.url, models, self._prices, clock)
        self._transport: Transport | None = None

    @property
    def model(self) -> str:
        return self._settings.model

    @property
    def is_free(self) -> bool:
        """Whether the settings say that its calls cost nothing."""
        return self._prices.is_configured(self.model) and self._prices.kind_of(self.model) == PriceKind.FREE

    async def embed(self, texts: Sequence[str], payer: Payer) -> list[bytes]:
        """Return the texts' vectors, in order. Raises Unavailable without a usable answer, and what `payer` raises."""
        transport = await self._open()
        await self._lookups.refresh(self.model, transport)
        body = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        most = sum(max_input_tokens(len(text.encode())) for text in texts)
        worst = self._prices.worst_cost(self.model, most, 0)
        return (await payer.pay(worst, lambda: self._ask(transport, body, most))).vectors

    async def close(self) -> None:
        """Close all connections."""
        if self._transport is not None:
            await self._transport.close()

    async def _open(self) -> "Transport":
        if self._transport is None:
            route = Route.to(self._settings.url, "EMBEDDINGS_URL", self._settings.ca, "EMBEDDINGS_CA")
            transport_class = await asyncio.to_thread(load_transport)
            self._transport = self._transport or transport_class(
                route, self._settings.api_key.get_secret_value(), self._clock
            )
        return self._transport

    async def _ask(self, transport: "Transport", body: dict[str, Any], most_tokens: int) -> Answered:
        try:
            found = await transport.look_up("/embeddings", self._settings.timeout, body)
        except AttemptFailure as failure:
            is_free = failure.unreachable or failure.on_the_way or failure.status is not None
            raise (NotBilled if is_free else Unavailable)(f"embeddings: {failure.message}") from None
        if found is None:
            raise NotBilled(f"embeddings: the server at EMBEDDINGS_URL does not know /embeddings or {self.model!r}")
        vectors = _vectors(found, len(body["input"]))
        if vectors is None:
            raise Unavailable("embeddings: the server's answer is not a vector of numbers for each text")
        tokens = _tokens(found, most_tokens)
        cost = self._prices.worst_cost(self.model, tokens, 0)
        known = self._prices.kind_of(self.model) != PriceKind.ASSUMED
        return Answered(vectors, CallCost(self.model, tokens, 0, cost, price_known=known))


def _vectors(found: object, count: int) -> list[bytes] | None:
    """Return the vectors of an answer in the order of its indexes, of length 1; None if it is not such an answer."""
    rows = found.get("data") if isinstance(found, dict) else None
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, dict) for row in rows):
        return None
    ordered = sorted(rows, key=lambda row: row["index"] if isinstance(row.get("index"), int) else 0)
    vectors = [_unit(row.get("embedding")) for row in ordered]
    whole = [vector for vector in vectors if vector is not None]
    return whole if len(whole) == count and len({len(vector) for vector in whole}) == 1 else None


def _unit(numbers: object) -> bytes | None:
    if not isinstance(numbers, list) or not 0 < len(numbers) <= MAX_DIMENSIONS:
        return None
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in numbers):
        return None
    length = math.sqrt(sum(number * number for number in numbers))
    return pack([number / length for number in numbers]) if MIN_LENGTH < length < math.inf else None


def _tokens(found: object, most: int) -> int:
    """Return how many tokens the server counted; the worst case if it did not count them credibly."""
    usage = found.get("usage") if isinstance(found, dict) else None
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 < tokens <= most else most
