"""What a call costs, in micro-USD; one USD per million tokens is one micro-USD per token.

The price of a model is the configured one, else that of the table which `genai-prices` carries (never fetched from the
network), else the configured price for unknown models, and then the figure is flagged. What the server itself says a
response cost goes before all of these, but a zero only where no price is known, and flagged: proxies say zero for what
they do not know.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from damascus.core.records.usage import CallCost
from damascus.core.settings import REHEARSAL_MODEL, Model, Price
from damascus.llm.partial_response import PartialResponse, arguments_of

REHEARSAL_PRICE = Price(input=0.15, output=0.60)
MAX_CREDIBLE_TOKENS = 10_000_000
MAX_CREDIBLE_USD = 10_000.0
BYTES_PER_TOKEN_GUESS = 3


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """A price for one call; `known` is false if it is the default for unknown models."""

    microusd: float
    known: bool


class Prices:
    """The prices of one server's models."""

    def __init__(self, settings: Model, base_url: str) -> None:
        self._settings = settings
        self._base_url = base_url

    def worst_cost(self, model: str, input_tokens: int, output_tokens: int) -> int:
        """Return the most that so many tokens can cost, in micro-USD, rounded up."""
        return _round_up(self._quote(model, input_tokens, output_tokens).microusd)

    def cost_of(self, model: str, response: PartialResponse, sent_bytes: int) -> CallCost:
        """Return what a response cost; tokens that the server did not count credibly are guessed, and flagged."""
        counted = _counted(response)
        read, written = counted or _guessed(response, sent_bytes)
        quote = self._quote(model, read, written)
        reported = _credible_usd(response.usage.get("cost"))
        reported = _credible_usd(response.reported_cost) if reported is None else reported
        if reported is not None and (reported > 0 or not quote.known):
            return CallCost(model, read, written, _round_up(reported * 1e6), price_known=reported > 0)
        known = quote.known and counted is not None
        return CallCost(model, read, written, _round_up(quote.microusd), price_known=known)

    def _quote(self, model: str, read: int, written: int) -> PriceQuote:
        price = self._settings.prices.get(model)
        if price is None and model == REHEARSAL_MODEL:
            price = REHEARSAL_PRICE
        if price is None and (known := _table_microusd(model, self._base_url, read, written)) is not None:
            return PriceQuote(known, known=True)
        unknown = self._settings.unknown_price
        price, found = (price, True) if price is not None else (unknown, False)
        return PriceQuote(price.input * read + price.output * written, known=found)


def _table_microusd(model: str, base_url: str, read: int, written: int) -> float | None:
    """Return the cost by the vendor's table, in micro-USD, or None if it does not know the model."""
    # Half a second to import, and not needed by a company that rehearses or has configured its prices.
    from genai_prices import Usage as Tokens  # noqa: PLC0415
    from genai_prices import calc_price  # noqa: PLC0415

    tokens = Tokens(input_tokens=read, output_tokens=written)
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


def _counted(response: PartialResponse) -> tuple[int, int] | None:
    """Return the tokens read and written as the server counted them; None if it did not, or cannot be right."""
    read = response.usage.get("prompt_tokens", response.usage.get("input_tokens"))
    written = response.usage.get("completion_tokens", response.usage.get("output_tokens"))
    if not (_is_count(read) and _is_count(written)) or read == 0 or (written == 0 and response.length > 0):
        return None
    return read, written


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CREDIBLE_TOKENS


def _guessed(response: PartialResponse, sent_bytes: int) -> tuple[int, int]:
    arguments = "".join(str(arguments_of(call)) for call in response.calls)
    produced = response.text + response.reasoning + response.refusal + arguments
    written = len(produced.encode("utf-8", "replace"))
    return sent_bytes // BYTES_PER_TOKEN_GUESS + 1, written // BYTES_PER_TOKEN_GUESS + 1


def _credible_usd(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        usd = float(value)
    except (ValueError, OverflowError):
        return None
    return usd if 0 <= usd <= MAX_CREDIBLE_USD else None


def _round_up(microusd: float) -> int:
    return math.ceil(microusd - 1e-6)
