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


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens of one call; `counted` is False if they are guessed, because the server's figures are none."""

    read: int
    written: int
    counted: bool


def token_count(response: PartialResponse, sent_bytes: int) -> TokenCount:
    """Return the tokens that the server counted, thinking included, or what its bytes amount to if it did not."""
    counted = _counted(response.usage)
    guess = guessed_tokens(response, sent_bytes)
    too_few = counted is None or any(
        tokens * MAX_BYTES_PER_TOKEN < (least - 1) * BYTES_PER_TOKEN_GUESS
        for tokens, least in zip(counted, (guess.read, guess.written), strict=True)
    )
    if counted is None or too_few or counted[0] == 0 or (counted[1] == 0 and response.length > 0):
        return guess
    return TokenCount(*counted, counted=True)


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
    reported = _usd(response.usage.get("cost"))
    reported = _usd(response.reported_cost) if reported is None else reported
    return None if reported is None else reported * 1e6


def _counted(usage: dict[str, Any]) -> tuple[int, int] | None:
    """Return the tokens read and written as the server counted them; None if it did not."""
    read = usage.get("prompt_tokens", _with_cached(usage))
    written = usage.get("completion_tokens", usage.get("output_tokens"))
    if not (is_count(read) and is_count(written)):
        return None
    details = usage.get("completion_tokens_details")
    thought = details.get("reasoning_tokens") if isinstance(details, dict) else None
    if is_count(thought) and thought > written:  # they are among those written, except where that cannot be
        written += thought
    total = usage.get("total_tokens")
    if is_count(total) and total > read + written:
        written = total - read
    return read, written


def _with_cached(usage: dict[str, Any]) -> object:
    """Return `input_tokens` with those of the cache, which that form counts apart; written ones cost up to double."""
    read = usage.get("input_tokens")
    if not is_count(read):
        return read
    cached, stored = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    return read + (cached if is_count(cached) else 0) + (2 * stored if is_count(stored) else 0)


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
