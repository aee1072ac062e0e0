"""What a server is asked besides answers, now and then: its list of prices, and what it tells of each model.

A server that is slow or away with it delays no call for long and stops none: what was known before stays.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from damascus.core.clock import Clock
from damascus.core.settings import REHEARSAL_MODEL, NamedModel
from damascus.llm.failures import DENIED_STATUSES, AttemptFailure
from damascus.llm.prices import Prices
from damascus.llm.proxy_prices import is_listing, read_listing
from damascus.llm.told import LISTS, PRICE_LIST, Question, ToldModel, places_of

if TYPE_CHECKING:  # with the vendor's library, which a worker without work does not need
    from damascus.llm.transport import Transport

_log = logging.getLogger(__name__)

LOOK_UP_SECONDS = 600.0
RETRY_SECONDS = 30.0
LOOK_UP_TIMEOUT_SECONDS = 5.0


class Lookups:
    """Asks one server at most every LOOK_UP_SECONDS, and only for what the settings do not say."""

    def __init__(self, base_url: str, url: str, named: Mapping[str, NamedModel], prices: Prices, clock: Clock) -> None:
        self._base_url = base_url
        self._url = url
        self._named = named
        self._prices = prices
        self._clock = clock
        self._lists: dict[Question, object] = {}
        self._told: dict[str, ToldModel] = {}
        self._looking_up = asyncio.Lock()
        self._lists_due = -math.inf
        self._due: dict[str, float] = {}

    def told(self, model: str) -> ToldModel:
        """Return what the server has told of a model so far."""
        return self._told.get(model, ToldModel())

    async def refresh(self, model: str, transport: "Transport", *, again: bool = False) -> None:
        """Ask what is due; with `again` what the server tells of the model, even if it was asked just now."""
        named = self._named.get(model)
        is_told = named is not None and named.context_window is not None
        if model == REHEARSAL_MODEL or (is_told and self._prices.is_configured(model)):
            return
        async with self._looking_up:
            if self._clock.monotonic() >= self._lists_due:
                self._lists_due = self._clock.monotonic() + await self._ask_lists(transport)
            if not is_told and (again or self._clock.monotonic() >= self._due.get(model, -math.inf)):
                self._told[model] = await self._ask_of(model, transport)
                self._due[model] = self._clock.monotonic() + LOOK_UP_SECONDS

    async def _ask_lists(self, transport: "Transport") -> float:
        """Ask for the lists of all models. Returns after how many seconds they are asked again."""
        answers = await asyncio.gather(*(self._ask(one, {}, transport) for one in LISTS))
        self._lists |= {one: answer for one, answer in zip(LISTS, answers, strict=True) if answer is not self}
        if answers[LISTS.index(PRICE_LIST)] is self:
            _log.warning("the prices at %s could not be read, those known so far are used", self._url)
            return RETRY_SECONDS
        answer = self._lists[PRICE_LIST]
        self._prices.use_listing(read_listing(answer), is_proxy=is_listing(answer))
        return LOOK_UP_SECONDS

    async def _ask_of(self, model: str, transport: "Transport") -> ToldModel:
        """Return what is told of a model: in the lists, else at the places of particular servers."""
        found = ToldModel()
        for question, answer in self._lists.items():
            found = found.with_also(question.read(answer, model))
        if found.window is not None or not self._lists:
            return found
        places = places_of(self._base_url)
        answers = await asyncio.gather(*(self._ask(one, {"model": model}, transport) for one in places))
        for question, answer in zip(places, answers, strict=True):
            found = found.with_also(question.read(answer, model))
        return found

    async def _ask(self, question: Question, body: Mapping[str, str], transport: "Transport") -> object:
        """Return the answer; this object if there was none that can be read."""
        try:
            return await transport.look_up(
                question.path, LOOK_UP_TIMEOUT_SECONDS, body if question.names_model else None
            )
        except AttemptFailure as failure:
            if failure.status in DENIED_STATUSES and not failure.on_the_way:
                return {"data": []}  # it has what it does not show to everybody
            _log.debug("%s tells nothing at %s: %s", self._url, question.path, failure)
            return self
