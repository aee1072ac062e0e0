"""The prices in the list of a LiteLLM proxy (`GET /model/info`): what stands behind an alias, and what that costs.

Where an alias has several deployments, tiers or surcharges, the dearest counts: the proxy chooses, not the company.
A zero means nothing: the proxy also says zero for what it does not know. But where all deployments of an alias are
servers of the own network, it is free.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from damascus.core.settings import FREE, LongContextPrice, Price
from damascus.llm.own_network import is_in_own_network, is_only_sold

MAX_USD_PER_MILLION = 1_000_000
_LONG = re.compile(r"(input_cost_per_token|output_cost_per_token|cache_creation_input_token_cost)_above_(\d+)k_tokens")
_OWN_WITHOUT_ADDRESS = ("ollama/", "ollama_chat/", "lm_studio/", "llamafile/")  # on the proxy's own machine
_INPUT = ("input_cost_per_token", "cache_creation_input_token_cost")
_CACHE = ("cache_read_input_token_cost", "cache_creation_input_token_cost")
_OUTPUT = ("output_cost_per_token", "output_cost_per_reasoning_token")
_REQUEST = ("input_cost_per_query", "input_cost_per_request", "output_cost_per_image")
_UPLIFTS = re.compile(r"regional_\w+_uplift_multiplier\w*")


def read_listing(listing: object) -> dict[str, Price]:
    """Return the prices in the proxy's answer, by alias; what cannot be read has none. Never raises."""
    found: dict[str, Price] = {}
    unknown: set[str] = set()
    for name, info, params in _entries(listing):
        price = _price(info) or (FREE if _is_own_server(params) else None)
        if price is None:
            unknown.add(name)
        else:
            found[name] = _dearer(found[name], price) if name in found else price
    return {name: price for name, price in found.items() if not (price.is_free and name in unknown)}


def is_listing(listing: object) -> bool:
    """Return True for a proxy's list, also an empty one; other servers say something else at that place, or nothing."""
    return isinstance(listing, Mapping) and isinstance(listing.get("data"), list)


def _entries(listing: object) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    entries = listing.get("data") if isinstance(listing, Mapping) else None
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping) and isinstance(entry.get("model_info"), Mapping):
            params = entry.get("litellm_params")
            yield str(entry.get("model_name")), entry["model_info"], params if isinstance(params, Mapping) else {}


def _is_own_server(params: Mapping[str, Any]) -> bool:
    """Return True if a deployment is a server of the own network, such as Ollama, and no other proxy's paid model."""
    model, address = str(params.get("model") or ""), params.get("api_base")
    if isinstance(address, str) and address:
        return is_in_own_network(address) and not is_only_sold(model)
    return model.startswith(_OWN_WITHOUT_ADDRESS)


def _price(info: Mapping[str, Any]) -> Price | None:
    tiers = info.get("tiered_pricing")
    rows = [info, *(row for row in (tiers if isinstance(tiers, list) else []) if isinstance(row, Mapping))]
    uplift = max([1.0, *(_number(value) for name, value in info.items() if _UPLIFTS.fullmatch(name))])
    per_million = 1e6 * uplift
    cached, cache_write = (max(_number(row.get(name)) for row in rows) * per_million for name in _CACHE)
    if cached and cache_write:  # both have a price of their own, by what the server counts of each
        rows = [{name: value for name, value in row.items() if name not in _CACHE} for row in rows]
    dearest_input = max(_number(row.get(name)) for row in rows for name in _INPUT) * per_million
    dearest_output = max(_number(row.get(name)) for row in rows for name in _OUTPUT) * per_million
    if not (0 < dearest_input <= MAX_USD_PER_MILLION and 0 < dearest_output <= MAX_USD_PER_MILLION):
        return None
    request = min(sum(_number(info.get(name)) for name in _REQUEST), 1_000)
    long = _long_context(info, per_million, dearest_input, dearest_output)
    return Price(
        input=dearest_input, output=dearest_output, request=request, long_context=long,
        cached=min(cached, MAX_USD_PER_MILLION) or None, cache_write=min(cache_write, MAX_USD_PER_MILLION) or None,
    )  # fmt: skip


def _long_context(
    info: Mapping[str, Any], per_million: float, dearest_input: float, dearest_output: float
) -> LongContextPrice | None:
    """Return the dearest of the prices for long calls, from the lowest of their bounds on."""
    bounds: list[int] = []
    for name, value in info.items():
        match = _LONG.fullmatch(name)
        price = _number(value) * per_million
        if match is None or not 0 < price <= MAX_USD_PER_MILLION:
            continue
        bounds.append(int(match[2][:6]) * 1000)
        if match[1].startswith("output"):
            dearest_output = max(dearest_output, price)
        else:
            dearest_input = max(dearest_input, price)
    above = min(bounds, default=0)
    return LongContextPrice(above=above, input=dearest_input, output=dearest_output) if above > 0 else None


def _dearer(one: Price, other: Price) -> Price:
    """Return a price that is at least both, for calls of every length."""
    longs = [price.long_context for price in (one, other) if price.long_context is not None]
    long = LongContextPrice(
        above=min(price.above for price in longs),
        input=max([one.input, other.input, *(price.input for price in longs)]),
        output=max([one.output, other.output, *(price.output for price in longs)]),
    ) if longs else None  # fmt: skip
    return Price(
        input=max(one.input, other.input), output=max(one.output, other.output),
        request=max(one.request, other.request), long_context=long,
        cached=_dearest(one.cached, other.cached), cache_write=_dearest(one.cache_write, other.cache_write),
    )  # fmt: skip


def _dearest(one: float | None, other: float | None) -> float | None:
    """Return the higher of two prices; None, which means the dearest of all, if one is not known."""
    return None if one is None or other is None else max(one, other)


def _number(value: object) -> float:
    """Return a positive, finite number; 0 for anything else."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) and number > 0 else 0.0
