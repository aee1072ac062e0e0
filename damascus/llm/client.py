"""The model's client: every call metered, retried within bounds, read tolerantly; see `complete`.

It promises no answer is paid twice knowingly: what surely cost nothing is released, everything else is counted.
Text shown while it streams may come again when an attempt is repeated.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from damascus.core.clock import Clock
from damascus.core.errors import DamascusError, ModelRefused, ModelUnavailable
from damascus.core.settings import REHEARSAL_MODEL, Model
from damascus.llm.failures import AttemptFailure
from damascus.llm.port import Meter, ModelRequest, ModelResponse, OnText, Tier, Unreachable
from damascus.llm.prices import Prices
from damascus.llm.request_body import ModelQuirks, max_input_tokens
from damascus.llm.response_parser import read
from damascus.llm.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from damascus.llm.transport import Transport

_log = logging.getLogger(__name__)


class ModelClient:
    """A client of the OpenAI-compatible server at `base_url`; one per process, for all its tasks."""

    def __init__(
        self, settings: Model, base_url: str, clock: Clock, jitter: Callable[[], float] = random.random
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._url = _without_login(base_url)
        self._base_url = base_url
        self._wire: Transport | None = None
        self._prices = Prices(settings, base_url)
        self._retries = RetryPolicy(settings.retries, jitter)
        self._dialects: dict[str, ModelQuirks] = {}

    @property
    def url(self) -> str:
        """Where the server is, for messages: without a user's name and password."""
        return self._url

    async def warm(self) -> None:
        """Load the vendor's library (0.9 s of CPU) before the first call needs it; may be called again."""
        await self._open()

    async def close(self) -> None:
        """Close all connections; the client is of no use afterwards."""
        if self._wire is not None:
            await self._wire.close()

    def model_for(self, tier: Tier) -> str:
        """The model behind a tier."""
        named: str = getattr(self._settings.tiers, tier)
        return named or REHEARSAL_MODEL

    def worst_cost(self, model: str, request: ModelRequest) -> int:
        """The most that one attempt can cost, micro-USD: its bytes as tokens in, `max_tokens` out."""
        return self._worst(model, self._dialect(model).body(model, request), request)

    async def complete(self, request: ModelRequest, meter: Meter, on_text: OnText | None = None) -> ModelResponse:
        """Ask the model of the request's tier, then the fallbacks, until one answers.

        Raises OverBudget (from the meter), ModelRefused when the server will not have the request as it is, and
        ModelUnavailable when no model answered in all its attempts (Unreachable when nobody listened at last).
        Each attempt ends within `settings.timeout`.
        """
        models = list(dict.fromkeys([self.model_for(request.tier), *self._settings.fallbacks]))
        tried: list[str] = []
        gone: type[ModelUnavailable] = ModelUnavailable
        for model in models:
            try:
                return await self._ask(model, request, meter, on_text)
            except AttemptFailure as failure:
                tried.append(f"{model}: {failure}")
                if not failure.again:
                    raise self._refused(model, failure) from None
                if failure.unreachable:
                    gone = Unreachable
                    break
                _log.warning("%s did not answer: %s", model, failure)
        raise gone(
            f"no model answered at {self._url} ({'; '.join(tried)}): check LLM_BASE_URL and that its server is running"
        )

    async def _ask(self, model: str, request: ModelRequest, meter: Meter, on_text: OnText | None) -> ModelResponse:
        done = 0
        while True:
            left_out = self._dialect(model).refused
            try:
                return await self._attempt(model, request, meter, on_text)
            except AttemptFailure as failure:
                if self._dialect(model).learn(failure, left_out):
                    continue
                wait = self._retries.wait(done, failure)
                if wait is None:
                    raise
                _log.info("%s: %s; again in %.1f s", model, failure, wait)
            done += 1
            await self._clock.sleep(wait)

    async def _attempt(self, model: str, request: ModelRequest, meter: Meter, on_text: OnText | None) -> ModelResponse:
        wire = await self._open()
        body = self._dialect(model).body(model, request)
        reservation = await meter.reserve(model, self._worst(model, body, request))
        started = self._clock.monotonic()
        try:
            draft = await wire.send(body, on_text, meter.may_send)
            reading = read(draft, {spec.name for spec in request.tools})
            cost = self._prices.cost_of(model, draft, len(body))
        except BaseException as error:
            costs_nothing = isinstance(error, AttemptFailure) and error.free
            await asyncio.shield(meter.release(reservation) if costs_nothing else meter.lost(reservation))
            raise
        return ModelResponse(
            text=reading.text,
            reasoning=reading.reasoning,
            calls=reading.calls,
            finish_reason=reading.finish_reason,
            cost=cost,
            reservation=reservation,
            latency=self._clock.monotonic() - started,
        )

    async def _open(self) -> "Transport":
        if self._wire is None:
            wire = await asyncio.to_thread(_load_wire)
            key = self._settings.api_key.get_secret_value()
            self._wire = self._wire or wire(self._base_url, key, self._settings.timeout, self._clock)
        return self._wire

    def _dialect(self, model: str) -> ModelQuirks:
        return self._dialects.setdefault(model, ModelQuirks(self._settings.rehearsal))

    def _worst(self, model: str, body: bytes, request: ModelRequest) -> int:
        return self._prices.worst(model, max_input_tokens(body), request.max_tokens)

    def _refused(self, model: str, failure: AttemptFailure) -> DamascusError:
        where = f"the model's server at {self._url}"
        if failure.status in (401, 403):
            return ModelRefused(f"{where} refused the key ({failure}): check LLM_API_KEY")
        if failure.status in (404, 405):
            return ModelRefused(
                f"{where} has no model {model!r} there ({failure}): check LLM_MODEL, and LLM_BASE_URL (most end in /v1)"
            )
        if failure.status == 402:
            return ModelRefused(f"{where} says that the account has no credit left ({failure}): top it up there")
        return ModelRefused(
            f"{where} refused the request to {model!r} ({failure}): check LLM_MODEL; it must call tools"
        )


def _load_wire() -> "type[Transport]":
    # The vendor's library takes twice as long to load as all else here; a worker without work can do without it.
    from damascus.llm.transport import Transport  # noqa: PLC0415

    return Transport


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
