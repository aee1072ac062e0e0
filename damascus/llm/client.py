"""The model's client: every attempt metered, retried within bounds, its response parsed tolerantly; see `complete`.

What certainly cost nothing is released, everything else is counted.

Not promised: that streamed output is shown once. It may be shown again if an attempt is repeated.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from damascus.core.clock import Clock
from damascus.core.errors import FilteredByProvider, ModelRefused, ModelUnavailable, RequestNotTaken
from damascus.core.live_output import OutputPiece
from damascus.core.network import Route
from damascus.core.records.learnt_models import LearntModel
from damascus.core.records.model_paces import Told
from damascus.core.records.turns import ProviderFields
from damascus.core.settings import REHEARSAL_MODEL, ModelSettings, NamedModel
from damascus.llm.failures import MALFORMED_STATUSES, AttemptFailure
from damascus.llm.history import shortened
from damascus.llm.known_models import KnownModels, OwnLearntModels
from damascus.llm.lazy_transport import load_transport
from damascus.llm.learning import MAX_RAISED_TOKENS, context_window, enough_output, learn, room_for_output
from damascus.llm.lookups import Lookups
from damascus.llm.own_network import is_in_own_network
from damascus.llm.partial_response import PartialResponse
from damascus.llm.port import (
    ContextFull,
    LearntModels,
    Meter,
    ModelBusy,
    ModelRequest,
    ModelResponse,
    OnOutput,
    Reserved,
    Tier,
    Unreachable,
)
from damascus.llm.prices import Prices, SentCall
from damascus.llm.refusals import RefusalKind
from damascus.llm.reported_usage import BYTES_PER_TOKEN_GUESS, about_tokens, token_count
from damascus.llm.request_body import Form, RequestBody, max_input_tokens, request_body
from damascus.llm.response_parser import parse_response
from damascus.llm.retry_policy import RetryPolicy
from damascus.llm.time_limits import OWN_NETWORK_START_TIMES, TimeLimits, limits_for

if TYPE_CHECKING:
    from damascus.llm.transport import Transport

_log = logging.getLogger(__name__)

BUSY_SECONDS = 60.0  # to come back after, where a server does not say
LOADING_SECONDS = 10.0  # and where it says that its model is loading
MAX_LESSONS = 12  # of one call: refusals that are answered by another request
MIN_ROOM_TOKENS = 64  # of an answer; with less room in the context the conversation is shortened instead
MIN_TOKENS_SHARE = 4  # with less than this part of its output tokens an answer is rather not asked for
MAX_TIMES_USUAL = MIN_TOKENS_SHARE  # after one that was cut off, so that no more money is needed for one than usually


class ModelClient:
    """A client of the OpenAI-compatible server at `base_url`; one per process, for all its tasks.

    `models` is what the settings say of models, by name; `learnt` is what all processes have learnt (None: this one).
    """

    def __init__(
        self,
        settings: ModelSettings,
        base_url: str,
        clock: Clock,
        models: Mapping[str, NamedModel] = MappingProxyType({}),
        learnt: LearntModels | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._url = _without_login(base_url)
        self._base_url = base_url
        self._transport: Transport | None = None
        self._prices = Prices(models, settings.unknown_price, base_url)
        self._retries = RetryPolicy(settings.retries, jitter)
        self._lookups = Lookups(base_url, self._url, models, self._prices, clock)
        self._known = KnownModels(self._url, models, learnt or OwnLearntModels(), self._lookups)

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

    async def context_window(self, model: str, *, again: bool = False) -> int | None:
        """Return the context window that is known of a model, None if none is; `again`: ask its server again."""
        await self._lookups.refresh(model, await self._open(), again=again)
        return self._known.of(model).window

    async def forget_sizes(self, model: str) -> None:
        """Forget what was learnt of a model's sizes: its server may have been started otherwise since."""
        await self._known.refresh()
        await self._known.forget_sizes(model)

    def facts(self, model: str) -> list[str]:
        """Return what is known of a model and from where, for people."""
        return list(self._known.facts(model))

    def server_of(self, model: str) -> str:
        """Return the name of the program that serves a model, empty if it did not tell."""
        return self._lookups.told(model).server

    def worst_cost(self, model: str, request: ModelRequest) -> int:
        """Return the most that one attempt can cost, in micro-USD: its bytes as tokens in, `max_tokens` out."""
        return self._worst_cost_of(model, self._body(model, request), request)

    def price_in_words(self, model: str) -> str:
        """Return what a model costs, as far as it is known now: after a call to it by its server's list, too."""
        return self._prices.describe(model)

    async def complete(self, request: ModelRequest, meter: Meter, on_output: OnOutput | None = None) -> ModelResponse:
        """Ask the model of the request's tier, then the fallbacks, until one answers.

        How long an attempt may take: `llm/time_limits.py`.

        Raises:
            OverBudget: if the meter cannot reserve an attempt.
            ContextFull: if a compactable request does not fit.
            RequestNotTaken: if the server refuses this request, and others may be taken.
            ModelRefused: if it takes none, as with a wrong key.
            ModelBusy: if all ask to come back later than it is worth to wait for here.
            ModelUnavailable: if no model answered in all its attempts (Unreachable if nothing listened at the last).
        """
        models = list(dict.fromkeys([self.model_for(request.tier), *self._settings.fallbacks]))
        await self._known.refresh()
        failures: list[str] = []
        busy: list[ModelBusy] = []
        error_type: type[ModelUnavailable] = ModelUnavailable
        for model in models:
            try:
                return await self._complete(model, request, meter, on_output)
            except ModelBusy as wait:
                failures.append(str(wait))
                busy.append(wait)
            except AttemptFailure as failure:
                failures.append(f"{model}: {failure}")
                malformed = failure.kind == RefusalKind.PASSING and failure.status in MALFORMED_STATUSES
                if malformed or not failure.retryable:
                    raise self._refusal(model, failure) from None
                if failure.is_busy:
                    busy.append(_busy(model, failure))
                if failure.on_the_way:
                    raise Unreachable(f"no model answered at {self._url}: {failure}") from None
                if failure.unreachable:
                    error_type = Unreachable
                    break
                _log.warning("model %s did not answer: %s", model, failure)
        reasons = "; ".join(failures)
        if busy:
            first = min(busy, key=lambda wait: wait.seconds)
            raise ModelBusy(reasons, first.seconds, first.model, loading=first.loading)
        raise error_type(
            f"no model answered at {self._url} ({reasons}): check LLM_BASE_URL and that its server is running"
        )

    async def _complete(
        self, model: str, request: ModelRequest, meter: Meter, on_output: OnOutput | None
    ) -> ModelResponse:
        retries = lessons = 0
        await self._lookups.refresh(model, await self._open())
        if request.after_cut:
            own = self._known.of(model).max_tokens or max(MAX_RAISED_TOKENS, request.max_tokens)
            request = replace(request, max_tokens=min(request.max_tokens * MAX_TIMES_USUAL, own))
        while True:
            known = self._known.of(model)
            request = self._fitting(model, request, known)
            try:
                return await self._attempt(model, request, meter, on_output)
            except AttemptFailure as failure:
                again = await self._after_lesson(model, request, known, failure)
                if again is not None and lessons < MAX_LESSONS:
                    request, lessons = again, lessons + 1
                    continue
                pause = self._retries.pause(retries, failure)
                if pause is None:
                    raise
                _log.info("model %s: %s; next attempt in %.1f s", model, failure, pause)
            retries += 1
            await self._clock.sleep(pause)

    def _fitting(self, model: str, request: ModelRequest, known: LearntModel) -> ModelRequest:
        """Return the request within the limits that are known of the model."""
        if known.max_tokens is not None:
            request = replace(request, max_tokens=min(request.max_tokens, known.max_tokens))
        while not self._fits(model, request, known):
            if request.compactable:
                raise self._context_full(model, request, known)
            messages = shortened(request.messages)
            if messages is None:
                break
            request = replace(request, messages=messages)
        if known.window is None:
            return request
        room = max(self._room(model, request, known.window), known.window // MIN_TOKENS_SHARE, 1)
        return replace(request, max_tokens=min(request.max_tokens, room))

    def _fits(self, model: str, request: ModelRequest, known: LearntModel) -> bool:
        """Return False if a request is too large for the model, or leaves too little room for its answer."""
        if known.too_large is not None and self._body(model, request).size >= known.too_large:
            return False
        least_room = request.max_tokens // MIN_TOKENS_SHARE
        return known.window is None or self._room(model, request, known.window) >= least_room

    def _context_full(
        self, model: str, request: ModelRequest, known: LearntModel, why: AttemptFailure | None = None
    ) -> ContextFull:
        size = self._body(model, request).size
        limits = [size, known.too_large or size]
        if known.window is not None:
            limits.append((known.window - request.max_tokens // MIN_TOKENS_SHARE) * BYTES_PER_TOKEN_GUESS)
        said = f" ({why})" if why else ""
        return ContextFull(f"the request does not fit into the context of {model!r}{said}", size, max(min(limits), 0))

    def _room(self, model: str, request: ModelRequest, window: int) -> int:
        """Return the tokens of a context window that a request probably leaves for its answer."""
        return window - self._body(model, request).size // BYTES_PER_TOKEN_GUESS

    async def _after_lesson(
        self, model: str, request: ModelRequest, known: LearntModel, failure: AttemptFailure
    ) -> ModelRequest | None:
        """Return what to ask instead after a refusal that taught something; None if it did not."""
        room = room_for_output(failure, request)
        compacts = request.compactable and failure.kind == RefusalKind.CONTEXT_FULL
        least_room = max(request.max_tokens // MIN_TOKENS_SHARE, 1) if compacts else MIN_ROOM_TOKENS
        if room is not None and least_room <= room < request.max_tokens:
            learnt, again = known, replace(request, max_tokens=room)
        elif (more := enough_output(failure, request)) is not None and more > request.max_tokens:
            learnt, again = known, replace(request, max_tokens=more)
        else:
            learnt, again = learn(failure, known, request), request
            messages = shortened(request.messages) if failure.kind == RefusalKind.CONTEXT_FULL else None
            if compacts or messages is not None:
                learnt = learnt.with_also(LearntModel(too_large=self._body(model, request).size))
            if not compacts and messages is not None:
                again = replace(request, messages=messages)
        learnt = learnt.with_also(LearntModel(window=context_window(failure)))
        if again is request and learnt == known and not compacts:
            return None
        _log.info("model %s: learnt from its refusal: %s", model, failure)
        if learnt != known:
            await self._known.learn(model, learnt.beyond(known))
        if compacts and again is request:
            raise self._context_full(model, request, self._known.of(model), failure)
        return again

    async def _attempt(
        self, model: str, request: ModelRequest, meter: Meter, on_output: OnOutput | None
    ) -> ModelResponse:
        transport = await self._open()
        body = self._body(model, request)
        least = replace(request, max_tokens=max(request.max_tokens // MIN_TOKENS_SHARE, 1))
        reserved = await meter.reserve(
            model, self._worst_cost_of(model, body, request), self._worst_cost_of(model, body, least),
            about_tokens(body.size, request.max_tokens), self._prices.kind_of(model),
        )  # fmt: skip
        started = self._clock.monotonic()
        try:
            body, max_tokens = self._affordable_body(model, request, body, reserved)
            offered = {spec.name: spec.parameters for spec in request.tools}
            arriving, limits = PartialResponse(offered.keys(), max_tokens), self._limits(model, max_tokens)
            shown = on_output and _of_attempt(on_output, reserved.id)
            partial = await transport.send(body.data, arriving, limits, shown, meter.may_send)
            parsed = parse_response(partial, offered)
            cost = self._prices.cost_of(model, partial, SentCall(body.size, max_tokens, reserved.microusd))
        except BaseException as error:
            await asyncio.shield(_give_up(meter, reserved.id, model, error))
            raise
        return ModelResponse(
            text=parsed.text,
            reasoning=parsed.reasoning,
            calls=parsed.calls,
            finish_reason=parsed.finish_reason,
            cost=cost,
            reservation=reserved.id,
            latency=self._clock.monotonic() - started,
            counted=token_count(partial, body.size).counted,
            provider=ProviderFields(model, parsed.fields or None, parsed.call_fields or None),
        )

    def _affordable_body(
        self, model: str, request: ModelRequest, body: RequestBody, reserved: Reserved
    ) -> tuple[RequestBody, int]:
        """Return the body that the reserved money pays for, and its limit of output tokens."""
        if reserved.microusd >= self._worst_cost_of(model, body, request):
            return body, request.max_tokens
        read, most = max_input_tokens(body.size), request.max_tokens
        tokens = max(self._prices.affordable_tokens(model, read, reserved.microusd, most), 1)
        _log.info("model %s: asked for %d tokens instead of %d, for which the money is left", model, tokens, most)
        return self._body(model, replace(request, max_tokens=tokens)), tokens

    async def _open(self) -> "Transport":
        if self._transport is None:
            transport_class = await asyncio.to_thread(load_transport)
            key = self._settings.api_key.get_secret_value()
            route = Route.to(self._base_url, "LLM_BASE_URL", self._settings.ca, "LLM_CA")
            self._transport = self._transport or transport_class(route, key, self._clock)
        return self._transport

    def _limits(self, model: str, max_tokens: int) -> TimeLimits:
        named = self._known.named(model)
        silence = named.timeout or self._settings.timeout
        times = OWN_NETWORK_START_TIMES if is_in_own_network(self._base_url) else 1
        start = named.start_timeout or silence * times
        return limits_for(start, silence, max_tokens, whole=self._known.of(model).whole)

    def _body(self, model: str, request: ModelRequest) -> RequestBody:
        form = Form(self._known.sees(model), self._prices.marks_pay(model), self._settings.rehearsal)
        return request_body(model, request, self._known.of(model), form)

    def _worst_cost_of(self, model: str, body: RequestBody, request: ModelRequest) -> int:
        return self._prices.worst_cost(model, max_input_tokens(body.size), request.max_tokens)

    def _refusal(self, model: str, failure: AttemptFailure) -> ModelRefused:
        where = f"the model's server at {self._url}"
        match failure.kind:
            case RefusalKind.WRONG_KEY:
                return ModelRefused(f"{where} refused the key ({failure}): check LLM_API_KEY")
            case RefusalKind.WRONG_NAME:
                hint = "check LLM_MODEL, and LLM_BASE_URL (most end in /v1)"
                return ModelRefused(f"{where} has no model {model!r} ({failure}): {hint}")
            case RefusalKind.NO_CREDIT:
                return ModelRefused(f"{where} reports that the account has no credit left ({failure}): top it up")
            case RefusalKind.SET_UP:
                return ModelRefused(f"{where} takes no tools as it is set up ({failure}): set it up so, or LLM_MODEL")
            case RefusalKind.NOT_ALLOWED:
                return ModelRefused(f"{where} serves nobody from here ({failure}): name another one in LLM_BASE_URL")
            case RefusalKind.FILTERED:
                return FilteredByProvider(f"the provider's filter at {self._url} refused the request ({failure})")
            case RefusalKind.CONTEXT_FULL:
                return RequestNotTaken(f"the request does not fit into the context of {model!r} ({failure})")
        return RequestNotTaken(f"{where} refused the request to {model!r} ({failure}); LLM_MODEL names another model")


def _of_attempt(on_output: OnOutput, attempt: str) -> OnOutput:
    async def show(piece: OutputPiece) -> None:
        await on_output(replace(piece, attempt=attempt))

    return show


def _busy(model: str, failure: AttemptFailure) -> ModelBusy:
    loading = failure.kind == RefusalKind.LOADING
    pause = failure.retry_after_seconds or (LOADING_SECONDS if loading else BUSY_SECONDS)
    return ModelBusy(f"{model}: {failure}", pause, model, loading=loading)


async def _give_up(meter: Meter, reservation: str, model: str, error: BaseException) -> None:
    """End the reservation of an attempt that failed so."""
    if not (isinstance(error, AttemptFailure) and error.not_billed):
        await meter.lost(reservation)
    elif error.is_for_all:
        limits = error.limits
        told = Told(str(error), error.retry_after_seconds, limits.requests, limits.tokens)
        await meter.put_off(reservation, model, told)
    else:
        await meter.release(reservation)


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
