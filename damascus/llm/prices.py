"""What a call costs, in micro-USD.

The price of a model is the configured one, else that of the proxy's list (a model behind an alias), else nothing if its
server is in the own network and certainly no proxy (`own_network.py`), else that of the table which `genai-prices`
carries (never fetched from the network), else the configured price for unknown models, and then the figure is flagged.

What the server says that a response cost goes before all of these, and is counted in full even above what was reserved
for the call, as long as it is credible: at most MAX_TIMES_WORST of the worst case by a known price, or the worst case
by the dearest price there is. What is not credible is counted at the worst case, and the CEO is told. A figure far
below the price is not believed either: proxies say zero for what they do not know.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from damascus.core.records.budgets import PriceKind
from damascus.core.records.usage import CallCost
from damascus.core.settings import FREE, REHEARSAL_MODEL, NamedModel, Price
from damascus.llm.own_network import is_in_own_network, is_only_sold
from damascus.llm.partial_response import PartialResponse
from damascus.llm.reported_usage import TokenCount, guessed_tokens, reported_microusd, token_count
from damascus.llm.request_body import max_input_tokens

REHEARSAL_PRICE = Price(input=0.15, output=0.60)
DEAREST_PRICE = Price(input=150, output=600)  # of any model that is or was sold by the token: o1-pro, 2025
# Faster service, an outdated table, thinking beyond `max_tokens`: a true figure may be that much above the worst case.
MAX_TIMES_WORST = 10
# Cached tokens, off-peak hours and batches make a call cheaper, but not more than this.
MIN_SHARE_OF_KNOWN_PRICE = 1 / 20
MIN_SHARE_OF_UNKNOWN_PRICE = 1 / 1_000
MAX_DISBELIEVED = 10**15
SURCHARGE_KEPT_SHARE = 4 / 5


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """A price for one call; `kind` is assumed if it is the default for unknown models."""

    microusd: float
    kind: PriceKind

    @property
    def known(self) -> bool:
        return self.kind != PriceKind.ASSUMED


@dataclass(frozen=True, slots=True)
class SentCall:
    """A call as it was sent: its body's bytes, its limit of output tokens and what is reserved for it (micro-USD)."""

    bytes: int
    max_tokens: int
    reserved: int


class Prices:
    """The prices of one server's models."""

    def __init__(self, models: Mapping[str, NamedModel], unknown: Price, base_url: str) -> None:
        self._configured = {name: known.price for name, known in models.items() if known.price is not None}
        self._unknown = unknown
        self._base_url = base_url
        self._listed: Mapping[str, Price] = {}
        self._is_proxy: bool | None = None if is_in_own_network(base_url) else True  # None: not known yet
        self._sold: set[str] = set()  # models of the own network that had a cost
        self._surcharges: dict[str, float] = {}

    def is_configured(self, model: str) -> bool:
        """Return True if no list of the server can say more about this model's price."""
        return model in self._configured or model == REHEARSAL_MODEL

    def use_listing(self, listed: Mapping[str, Price], *, is_proxy: bool) -> None:
        """Price models by the server's own list from now on; `is_proxy`: it has one, or may have."""
        self._listed = listed
        if self._is_proxy is not True:
            self._is_proxy = is_proxy

    def kind_of(self, model: str) -> PriceKind:
        """Return how the model's price is known."""
        return self._quote(model, 1000, 1000).kind

    def describe(self, model: str) -> str:
        """Return what a model costs, in words for a person."""
        quote = self._quote(model, 1_000_000, 0), self._quote(model, 0, 1_000_000)
        price = f"${quote[0].microusd / 1e6:.2f} in, ${quote[1].microusd / 1e6:.2f} out per million tokens"
        set_it = f"`models: {{{model}: {{price: ...}}}}` in config.yaml"
        if quote[0].kind == PriceKind.ASSUMED:
            return f"price not known, {price} assumed; say it with {set_it}, or `free`"
        if quote[0].kind == PriceKind.KNOWN:
            return price
        if model in self._configured:
            return "free; calls and tokens are limited instead"
        return f"free, since its server is in your own network; if it is a proxy to a paid model: {set_it}"

    def worst_cost(self, model: str, input_tokens: int, output_tokens: int) -> int:
        """Return the most that so many tokens can cost, in micro-USD, rounded up.

        A model whose calls have turned out dearer than its price costs that much more; so does input that is stored.
        """
        stored = input_tokens if self.marks_pay(model) else 0
        surcharge = self._surcharges.get(model, 1.0)
        return _round_up(self._quote(model, input_tokens, output_tokens, stored=stored).microusd * surcharge)

    def marks_pay(self, model: str) -> bool:
        """Return True if a provider takes more for input that it is asked to cache, and less than that is saved later.

        Where caching costs nothing, it needs no asking.
        """
        plain = self._quote(model, 1000, 0)
        if plain.kind != PriceKind.KNOWN:
            return False
        more = self._quote(model, 1000, 0, stored=1000).microusd - plain.microusd
        return 0 < more < plain.microusd - self._quote(model, 1000, 0, cached=1000).microusd

    def affordable_tokens(self, model: str, input_tokens: int, microusd: int, most: int) -> int:
        """Return how many output tokens, at most `most`, are certainly paid with `microusd`; 0 if not one is."""
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            if self.worst_cost(model, input_tokens, middle) <= microusd:
                low = middle
            else:
                high = middle - 1
        return low

    def cost_of(self, model: str, response: PartialResponse, sent: SentCall) -> CallCost:
        """Return what a response cost; tokens that the server did not count credibly are guessed, and flagged."""
        tokens = token_count(response, sent.bytes)
        quote = self._quote(model, tokens.read, tokens.written, tokens.cached, tokens.stored)
        reported = reported_microusd(response)
        if quote.kind == PriceKind.FREE and not (reported and self._may_be_sold(model)):
            return self._free(model, response, sent)
        if quote.kind == PriceKind.FREE:
            self._sold.add(model)
            return self.cost_of(model, response, sent)
        is_believed = reported is not None and reported > 0 and reported >= quote.microusd * _min_share(quote)
        cost, known = (reported, True) if is_believed and reported is not None else (quote.microusd, quote.known)
        claims = [quote.microusd if tokens.counted else 0.0, reported or 0.0]
        if max(claims) > self._most_credible(model, sent):
            return self._disbelieved(model, response, sent, max(claims))
        self._learn_surcharge(model, cost, quote.microusd)
        known = known and (tokens.counted or is_believed)
        return CallCost(
            model, tokens.read, tokens.written, _round_up(cost), price_known=known, cached_tokens=tokens.cached
        )

    def _disbelieved(self, model: str, response: PartialResponse, sent: SentCall, claim: float) -> CallCost:
        tokens: TokenCount = guessed_tokens(response, sent.bytes)
        claimed = min(_round_up(claim), MAX_DISBELIEVED)
        # nothing is reserved for a model that was thought to be free
        worst = sent.reserved or self.worst_cost(model, max_input_tokens(sent.bytes), sent.max_tokens)
        return CallCost(model, tokens.read, tokens.written, worst, price_known=False, disbelieved=claimed)

    def _free(self, model: str, response: PartialResponse, sent: SentCall) -> CallCost:
        tokens, most = token_count(response, sent.bytes), max_input_tokens(sent.bytes) + sent.max_tokens
        if tokens.read + tokens.written > most * MAX_TIMES_WORST:
            tokens = guessed_tokens(response, sent.bytes)
        return CallCost(model, tokens.read, tokens.written, 0, price_known=True, cached_tokens=tokens.cached)

    def _may_be_sold(self, model: str) -> bool:
        return model not in self._configured and model not in self._listed

    def _most_credible(self, model: str, sent: SentCall) -> float:
        read = max_input_tokens(sent.bytes)
        worst = self._quote(model, read, sent.max_tokens)
        most = worst.microusd * MAX_TIMES_WORST
        return most if worst.known else max(most, DEAREST_PRICE.microusd(read, sent.max_tokens))

    def _learn_surcharge(self, model: str, cost: float, expected: float) -> None:
        """Note by how much a call was dearer than its price, so that as much is reserved for the next ones."""
        if expected > 0:
            before = self._surcharges.get(model, 1.0)
            self._surcharges[model] = max(1.0, cost / expected, before * SURCHARGE_KEPT_SHARE)

    def _quote(self, model: str, read: int, written: int, cached: int = 0, stored: int = 0) -> PriceQuote:
        price = self._configured.get(model)
        if price is None and model == REHEARSAL_MODEL:
            price = REHEARSAL_PRICE
        price = price or self._listed.get(model)
        if price is None and self._is_proxy is False and model not in self._sold and not is_only_sold(model):
            price = FREE
        count = TokenCount(read, written, counted=True, cached=cached, stored=stored)
        if price is None and (known := _table_microusd(model, self._base_url, count)) is not None:
            return PriceQuote(known, PriceKind.KNOWN)
        if price is None:
            return PriceQuote(self._unknown.microusd(read, written, cached, stored), PriceKind.ASSUMED)
        kind = PriceKind.FREE if price.is_free else PriceKind.KNOWN
        return PriceQuote(price.microusd(read, written, cached, stored), kind)


def _table_microusd(model: str, base_url: str, count: TokenCount) -> float | None:
    """Return the cost by the vendor's table, in micro-USD, or None if it does not know the model."""
    # Half a second to import, and not needed by a company that rehearses or has configured its prices.
    from genai_prices import Usage as Tokens  # noqa: PLC0415
    from genai_prices import calc_price  # noqa: PLC0415

    tokens = Tokens(
        input_tokens=count.read, output_tokens=count.written, cache_read_tokens=count.cached,
        cache_write_tokens=count.stored,
    )  # fmt: skip
    for name, url in _spellings(model, base_url):
        try:
            found = calc_price(tokens, name, provider_api_url=url) if url else calc_price(tokens, name)
        except (LookupError, ValueError):
            continue
        return float(found.total_price) * 1e6
    return None


def _spellings(model: str, base_url: str) -> Iterator[tuple[str, str]]:
    """Yield names of a model in the table: as its server sells it, its own, without a proxy's `provider/` before it."""
    yield model, base_url
    yield model, ""
    if "/" in model:
        yield model.rsplit("/", 1)[1], ""


def _min_share(quote: PriceQuote) -> float:
    return MIN_SHARE_OF_KNOWN_PRICE if quote.known else MIN_SHARE_OF_UNKNOWN_PRICE


def _round_up(microusd: float) -> int:
    return math.ceil(microusd - 1e-6)
