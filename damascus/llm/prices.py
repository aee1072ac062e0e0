"""What a call costs, in micro-USD; one USD per million tokens is one micro-USD per token.

The price of a model is the configured one, else that of the table which `genai-prices` carries (never fetched from the
network), else the configured price for unknown models, and then the figure is flagged. What the server itself says an
answer cost goes before all of these, but a zero only where no price is known, and flagged: proxies say zero for what
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
MOST_TOKENS = 10_000_000
MOST_USD = 10_000.0
BYTES_PER_GUESSED_TOKEN = 3


@dataclass(frozen=True, slots=True)
class PriceQuote:
    """A price for one call; `known` is false where it is the default for unknown models."""

    microusd: float
    known: bool


class Prices:
    """The prices of one server's models."""

    def __init__(self, settings: Model, base_url: str) -> None:
        self._settings = settings
        self._base_url = base_url

    def worst(self, model: str, input_tokens: int, output_tokens: int) -> int:
        """The most that so many tokens can cost, micro-USD, rounded up."""
        return _whole(self._quote(model, input_tokens, output_tokens).microusd)

    def cost_of(self, model: str, draft: PartialResponse, sent_bytes: int) -> CallCost:
        """What a finished answer cost. Tokens that the server did not count sensibly are guessed, and flagged."""
        counted = _counted(draft)
        read, written = counted or _guessed(draft, sent_bytes)
        quote = self._quote(model, read, written)
        reported = _sane_usd(draft.usage.get("cost"))
        reported = _sane_usd(draft.cost) if reported is None else reported
        if reported is not None and (reported > 0 or not quote.known):
            return CallCost(model, read, written, _whole(reported * 1e6), price_known=reported > 0)
        return CallCost(model, read, written, _whole(quote.microusd), price_known=quote.known and counted is not None)

    def _quote(self, model: str, read: int, written: int) -> PriceQuote:
        price = self._settings.prices.get(model)
        if price is None and model == REHEARSAL_MODEL:
            price = REHEARSAL_PRICE
        if price is None and (known := _table(model, self._base_url, read, written)) is not None:
            return PriceQuote(known, known=True)
        unknown = self._settings.unknown_price
        price, found = (price, True) if price is not None else (unknown, False)
        return PriceQuote(price.input * read + price.output * written, known=found)


def _table(model: str, base_url: str, read: int, written: int) -> float | None:
    """The cost by the vendor's table, micro-USD, or None where it does not know the model."""
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
    """How the table may know a model: as its server sells it, by its name, without a proxy's `provider/` before it."""
    yield model, base_url
    yield model, ""
    if "/" in model:
        yield model.rsplit("/", 1)[1], ""


def _counted(draft: PartialResponse) -> tuple[int, int] | None:
    """Tokens read and written as the server counted them; None where it did not, or cannot be right."""
    read = draft.usage.get("prompt_tokens", draft.usage.get("input_tokens"))
    written = draft.usage.get("completion_tokens", draft.usage.get("output_tokens"))
    if not (_is_count(read) and _is_count(written)) or read == 0 or (written == 0 and draft.length > 0):
        return None
    return read, written


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS


def _guessed(draft: PartialResponse, sent_bytes: int) -> tuple[int, int]:
    arguments = "".join(str(arguments_of(call)) for call in draft.calls)
    said = draft.text + draft.reasoning + draft.refusal + arguments
    written = len(said.encode("utf-8", "replace"))
    return sent_bytes // BYTES_PER_GUESSED_TOKEN + 1, written // BYTES_PER_GUESSED_TOKEN + 1


def _sane_usd(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        usd = float(value)
    except (ValueError, OverflowError):
        return None
    return usd if 0 <= usd <= MOST_USD else None


def _whole(microusd: float) -> int:
    return math.ceil(microusd - 1e-6)
