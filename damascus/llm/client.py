"""The model's client: every attempt metered, retried within bounds, its response parsed tolerantly; see `complete`.

What certainly cost nothing is released, everything else is counted.

Not promised: that streamed text is shown once. It may be shown again if an attempt is repeated.
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
from damascus.llm.response_parser import parse_response
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
        self._transport: Transport | None = None
        self._prices = Prices(settings, base_url)
        self._retries = RetryPolicy(settings.retries, jitter)
        self._quirks: dict[str, ModelQuirks] = {}

    @property
    def url(self) -> str:
        """Where the server is, for messages: without a user's name and password."""
        return self._url

    async def warm(self) -> None:
        """Load the vendor's library (0.9 s of CPU) before the first call needs it; may be called again."""
        await self._open()

    async def close(self) -> None:
        """Close all connections; the client cannot be used afterwards."""
        if self._transport is not None:
            await self._transport.close()

    def model_for(self, tier: Tier) -> str:
        """Return the model behind a tier."""
        model: str = getattr(self._settings.tiers, tier)
        return model or REHEARSAL_MODEL

    def worst_cost(self, model: str, request: ModelRequest) -> int:
        """Return the most that one attempt can cost, in micro-USD: its bytes as tokens in, `max_tokens` out."""
        return self._worst_cost_of(model, self._quirks_of(model).body(model, request), request)

    async def complete(self, request: ModelRequest, meter: Meter, on_text: OnText | None = None) -> ModelResponse:
        """Ask the model of the request's tier, then the fallbacks, until one answers.

        Each attempt ends within `settings.timeout` seconds.

        Raises:
            OverBudget: if the meter cannot reserve an attempt.
            ModelRefused: if the server refuses the request as it is.
            ModelUnavailable: if no model answered in all its attempts (Unreachable if nothing listened at the last).
        """
        models = list(dict.fromkeys([self.model_for(request.tier), *self._settings.fallbacks]))
        failures: list[str] = []
        error_type: type[ModelUnavailable] = ModelUnavailable
        for model in models:
            try:
                return await self._complete(model, request, meter, on_text)
            except AttemptFailure as failure:
                failures.append(f"{model}: {failure}")
                if not failure.retryable:
                    raise self._refusal(model, failure) from None
                if failure.unreachable:
                    error_type = Unreachable
                    break
                _log.warning("model %s did not answer: %s", model, failure)
        reasons = "; ".join(failures)
        raise error_type(
            f"no model answered at {self._url} ({reasons}): check LLM_BASE_URL and that its server is running"
        )

    async def _complete(self, model: str, request: ModelRequest, meter: Meter, on_text: OnText | None) -> ModelResponse:
        retries = 0
        while True:
            left_out = self._quirks_of(model).refused_fields
            try:
                return await self._attempt(model, request, meter, on_text)
            except AttemptFailure as failure:
                if self._quirks_of(model).learn(failure, left_out):
                    continue
                pause = self._retries.pause(retries, failure)
                if pause is None:
                    raise
                _log.info("model %s: %s; next attempt in %.1f s", model, failure, pause)
            retries += 1
            await self._clock.sleep(pause)

    async def _attempt(self, model: str, request: ModelRequest, meter: Meter, on_text: OnText | None) -> ModelResponse:
        transport = await self._open()
        body = self._quirks_of(model).body(model, request)
        reservation = await meter.reserve(model, self._worst_cost_of(model, body, request))
        started = self._clock.monotonic()
        try:
            partial = await transport.send(body, on_text, meter.may_send)
            parsed = parse_response(partial, {spec.name for spec in request.tools})
            cost = self._prices.cost_of(model, partial, len(body))
        except BaseException as error:
            not_billed = isinstance(error, AttemptFailure) and error.not_billed
            await asyncio.shield(meter.release(reservation) if not_billed else meter.lost(reservation))
            raise
        return ModelResponse(
            text=parsed.text,
            reasoning=parsed.reasoning,
            calls=parsed.calls,
            finish_reason=parsed.finish_reason,
            cost=cost,
            reservation=reservation,
            latency=self._clock.monotonic() - started,
        )

    async def _open(self) -> "Transport":
        if self._transport is None:
            transport_class = await asyncio.to_thread(_load_transport)
            key = self._settings.api_key.get_secret_value()
            self._transport = self._transport or transport_class(
                self._base_url, key, self._settings.timeout, self._clock
            )
        return self._transport

    def _quirks_of(self, model: str) -> ModelQuirks:
        return self._quirks.setdefault(model, ModelQuirks(self._settings.rehearsal))

    def _worst_cost_of(self, model: str, body: bytes, request: ModelRequest) -> int:
        return self._prices.worst_cost(model, max_input_tokens(body), request.max_tokens)

    def _refusal(self, model: str, failure: AttemptFailure) -> DamascusError:
        where = f"the model's server at {self._url}"
        if failure.status in (401, 403):
            return ModelRefused(f"{where} refused the key ({failure}): check LLM_API_KEY")
        if failure.status in (404, 405):
            return ModelRefused(
                f"{where} has no model {model!r} ({failure}): check LLM_MODEL, and LLM_BASE_URL (most end in /v1)"
            )
        if failure.status == 402:
            return ModelRefused(f"{where} reports that the account has no credit left ({failure}): top it up")
        return ModelRefused(
            f"{where} refused the request to {model!r} ({failure}): check LLM_MODEL; it must call tools"
        )


def _load_transport() -> "type[Transport]":
    # The vendor's library takes twice as long to load as all else here; a worker without work can do without it.
    from damascus.llm.transport import Transport  # noqa: PLC0415

    return Transport


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
