"""What a server says that a response used and cost, as far as it makes sense by itself."""

import math
from dataclasses import dataclass
from typing import Any, TypeGuard

from damascus.llm.call_assembly import arguments_of
from damascus.llm.partial_response import PartialResponse

MAX_CREDIBLE_TOKENS = 10_000_000
MAX_CREDIBLE_USD = 1e9
BYTES_PER_TOKEN_GUESS = 3
MAX_PER_MEAN_TOKENS = 4
# No tokenizer puts more than this into a token on average: a count below is too small to be true.
MAX_BYTES_PER_TOKEN = 16
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens")  # DeepSeek; Moonshot
_DETAILS = ("prompt_tokens_details", "input_tokens_details")  # OpenAI: chat completions; responses


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens of one call; `counted` is False if they are guessed, because the server's figures are none.

    Of those read, `cached` came from the provider's cache, and `stored` were put there.
    """

    read: int
    written: int
    counted: bool
    cached: int = 0
    stored: int = 0


def token_count(response: PartialResponse, sent_bytes: int) -> TokenCount:
    """Return the tokens that the server counted, thinking included, or what its bytes amount to if it did not."""
    counted = _counted(response.usage)
    guess = guessed_tokens(response, sent_bytes)
    too_few = counted is None or any(
        tokens * MAX_BYTES_PER_TOKEN < (least - 1) * BYTES_PER_TOKEN_GUESS
        for tokens, least in ((counted.read, guess.read), (counted.written, guess.written))
    )
    if counted is None or too_few or counted.read == 0 or (counted.written == 0 and response.length > 0):
        return guess
    return counted


def about_tokens(body_bytes: int, max_tokens: int) -> int:
    """Return about how many tokens a request and its answer have: few answers are as long as they may be."""
    return body_bytes // BYTES_PER_TOKEN_GUESS + max_tokens // MAX_PER_MEAN_TOKENS + 1


def guessed_tokens(response: PartialResponse, sent_bytes: int) -> TokenCount:
    """Return the tokens that a call's bytes amount to."""
    arguments = "".join(str(arguments_of(call)) for call in response.calls)
    produced = response.text + response.reasoning + response.refusal + arguments
    written = len(produced.encode("utf-8", "replace"))
    return TokenCount(sent_bytes // BYTES_PER_TOKEN_GUESS + 1, written // BYTES_PER_TOKEN_GUESS + 1, counted=False)


def reported_microusd(response: PartialResponse) -> float | None:
    """Return what the server says the response cost, in micro-USD; None if it says nothing, or no amount."""
    usage = response.usage
    cost = usage.get("cost")
    reported = _usd(cost.get("total_cost") if isinstance(cost, dict) else cost)
    details = usage.get("cost_details")
    if usage.get("is_byok") is True and isinstance(details, dict):  # the provider sends a bill of its own
        reported = (reported or 0.0) + (_usd(details.get("upstream_inference_cost")) or 0.0)
    reported = _usd(response.reported_cost) if reported is None else reported
    return None if reported is None else reported * 1e6


def _counted(usage: dict[str, Any]) -> TokenCount | None:
    """Return the tokens read and written as the server counted them; None if it did not.

    What is named beside them is a part of them, except where it cannot be: then it was billed on top.
    """
    read = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    written = _count(usage.get("completion_tokens", usage.get("output_tokens")))
    total = _count(usage.get("total_tokens"))
    if read is None and total is not None and written is not None:
        read = max(total - written, 0)
    if written is None and total is not None and read is not None:
        written = max(total - read, 0)
    if read is None or written is None:
        return None
    read, cached, stored = _with_cached(usage, read)
    details = usage.get("completion_tokens_details")
    details = details if isinstance(details, dict) else usage
    thought, spoken = (_count(details.get(name)) or 0 for name in ("reasoning_tokens", "audio_tokens"))
    written += sum(part for part in (thought, spoken) if part > written)
    if total is not None and total > read + written:
        written = total - read
    return TokenCount(read, written, counted=True, cached=cached, stored=stored)


def _with_cached(usage: dict[str, Any], read: int) -> tuple[int, int, int]:
    """Return the tokens read, with those of the cache where they are counted apart, these, and what was stored.

    Apart they are in Anthropic's form, which has `input_tokens`, and wherever there are more of them than were read.
    """
    own, stored = _count(usage.get("cache_read_input_tokens")), _count(usage.get("cache_creation_input_tokens")) or 0
    named = [own, *(_count(usage.get(name)) for name in _CACHED), *(_in_details(usage, name) for name in _DETAILS)]
    cached = next(filter(None, named), 0)
    is_apart = "prompt_tokens" not in usage and bool(own or stored)
    return (read + cached + stored if is_apart or cached + stored > read else read), cached, stored


def _in_details(usage: dict[str, Any], name: str) -> int | None:
    details = usage.get(name)
    return _count(details.get("cached_tokens")) if isinstance(details, dict) else None


def _count(value: object) -> int | None:
    """Return a number of tokens, also one that is written as 12.0; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if is_count(value) else None


def is_count(value: object) -> TypeGuard[int]:
    """Return True for a number of tokens that may be meant."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_CREDIBLE_TOKENS


def _usd(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        usd = float(value)
    except (ValueError, OverflowError):
        return None
    return min(usd, MAX_CREDIBLE_USD) if usd >= 0 and math.isfinite(usd) else None
