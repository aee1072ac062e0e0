"""Is the model there, does all of a request reach it, and does it call tools? For `ceo doctor` and before a start.

A local model may have to be loaded first, and may think long: what is waited for is said. A request as large as the
engineer's comes first, since it ends after a few tokens: its letters are a token each for every tokenizer, so that a
server which drops a part of it without a word is found out by its own count.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import ModelRefused, ModelUnavailable, RequestNotTaken
from damascus.core.records.model_paces import Told
from damascus.llm.client import ModelClient
from damascus.llm.port import (
    PROVIDER,
    Meter,
    ModelBusy,
    ModelRequest,
    ModelResponse,
    Reserved,
    Tier,
    ToolCall,
    ToolSpec,
)

PING = ToolSpec("ping", "Answers a test.", {"type": "object", "properties": {}})
PROBE_TOKENS = (1_024, 8_000)  # of an answer; a model that thinks first gets the second number
SIZE_PROBE_TOKENS = 16
TASK_TOKENS = 12_000  # of a request of the engineer's
MIN_WINDOW_TOKENS = 12_000  # it, and room for an answer
ADVISED_WINDOW_TOKENS = 32_768
MAX_SIZE_PROBE_MICROUSD = 200_000  # a dearer model is not sent so much for a test
MIN_COUNTED_PERCENT = 45  # of the letters: no server that read them all counts fewer
SURE_PERCENT = 95  # one that counts so many has read them all
GUESSED_CHARS_PER_TOKEN, GUESS_WITHIN_PERCENT = 4, 2  # servers that count no tokens take the length of a text for it
MIN_GROWTH_PERCENT = 170  # then twice as many letters have to count for about twice as much
PROBE_SECONDS = 1_800.0
TELL_EVERY_SECONDS = 5.0
MAX_PAUSE_SECONDS = 5.0
_REMEDY = "choose a model that calls tools (LLM_MODEL)"
_WAYS = {
    "Ollama": f"start Ollama with OLLAMA_CONTEXT_LENGTH={ADVISED_WINDOW_TOKENS}",
    "llama.cpp": f"start llama.cpp with `-c {ADVISED_WINDOW_TOKENS}`",
    "LM Studio": f"load the model in LM Studio with a context length of {ADVISED_WINDOW_TOKENS}",
    "": f"start its server with a larger one (Ollama: OLLAMA_CONTEXT_LENGTH={ADVISED_WINDOW_TOKENS}, "
    f"llama.cpp: `-c {ADVISED_WINDOW_TOKENS}`, vLLM: `--max-model-len {ADVISED_WINDOW_TOKENS}`)",
}

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was found; `detail` is one line that names the model, the URL and, if something is wrong, what to do."""

    answers: bool
    calls_tools: bool
    detail: str


class Unmetered:
    """A meter for a call outside every mission, such as the probe's: it permits every call and records nothing."""

    async def reserve(self, model: str, worst_microusd: int, *call: object) -> Reserved:  # noqa: ARG002
        return Reserved("unmetered", worst_microusd)

    def may_send(self) -> bool:
        return True

    async def release(self, reservation: str) -> None: ...

    async def put_off(self, reservation: str, model: str, told: Told) -> None: ...

    async def lost(self, reservation: str) -> None: ...


class _Probe:
    """One model under test."""

    def __init__(self, client: ModelClient, tier: Tier, meter: Meter, tell: Tell, clock: Clock) -> None:
        self._client, self._tier, self._meter, self._tell, self._clock = client, tier, meter, tell, clock
        self.model = client.model_for(tier)
        self.name = f"{self.model} at {client.url}"

    async def result(self) -> ProbeResult:
        await self._client.forget_sizes(self.model)
        if (problem := await self._window_problem()) is not None:
            return ProbeResult(True, False, problem)
        try:
            called = await self._ask_to_call()
        except ModelRefused as refusal:
            try:
                await self._ask(_user("Say yes."), tokens=PROBE_TOKENS[0])
            except ModelRefused:
                raise refusal from None
            return ProbeResult(True, False, f"{self.name} answers but takes no tools: {_REMEDY} ({refusal})")
        if isinstance(called, str):
            return ProbeResult(True, False, called)
        await self._ask([*_user(_CALL_IT), *_turn(called)], tokens=PROBE_TOKENS[0], tools=(PING,))
        return ProbeResult(True, True, f"{self.name} answers and calls tools ({called.latency:.1f} s)")

    async def _window_problem(self) -> str | None:
        """Return what to do about a context that is too small for a request of the engineer's; None if it is not."""
        window = await self._client.context_window(self.model, again=True)
        if window is None or window >= MIN_WINDOW_TOKENS:
            if self._client.worst_cost(self.model, self._large(TASK_TOKENS)) > MAX_SIZE_PROBE_MICROUSD:
                return None
            read = await self._read_of(TASK_TOKENS)
            window = await self._client.context_window(self.model, again=True)
            is_told_enough = window is None or window >= MIN_WINDOW_TOKENS
            if is_told_enough and read is not None and await self._drops_some(read):
                return self._too_small(f"reads only {read} tokens of a request and drops the rest without a word")
        if window is None or window >= MIN_WINDOW_TOKENS:
            return None
        return self._too_small(f"has a context window of only {window} tokens")

    async def _drops_some(self, read: int) -> bool:
        """Return whether a server that counted `read` tokens has dropped some; some keep half of their window only."""
        percent = read * 100 / TASK_TOKENS
        if percent >= SURE_PERCENT or _is_guess(read):
            return False
        if percent < MIN_COUNTED_PERCENT:
            return True
        half = await self._read_of(TASK_TOKENS // 2)
        return half is not None and read < half * MIN_GROWTH_PERCENT / 100

    async def _read_of(self, tokens: int) -> int | None:
        """Return how many tokens the server counts in a request of so many letters; None if it does not say."""
        try:
            response = await self._complete(self._large(tokens))
        except RequestNotTaken:  # too large for it, or it gives no answer of so few tokens: what was learnt decides
            return None
        return response.cost.input_tokens if response.counted else None

    def _large(self, tokens: int) -> ModelRequest:
        return self._request(_user(_letters(tokens)), SIZE_PROBE_TOKENS)

    def _too_small(self, what: str) -> str:
        way = _WAYS.get(self._client.server_of(self.model), _WAYS[""])
        return f"{self.name} {what}, and the staff needs {MIN_WINDOW_TOKENS}: {way}"

    async def _ask_to_call(self) -> ModelResponse | str:
        """Return the response that called the tool, or what to do about one that did not."""
        for tokens in PROBE_TOKENS:
            response = await self._ask(_user(_CALL_IT), tokens=tokens, tools=(PING,))
            if any(call.name == PING.name for call in response.calls):
                return response
            if response.finish_reason != "length":
                return f"{self.name} answers but did not call the tool: {_REMEDY}"
            self._tell(f"{self.name} is still thinking after {tokens} tokens; it is asked again, for more of them")
        most = PROBE_TOKENS[-1]
        return f"{self.name} thinks for more than {most} tokens before it does anything: switch its thinking off"

    async def _ask(
        self, messages: list[dict[str, Any]], tokens: int, tools: tuple[ToolSpec, ...] = ()
    ) -> ModelResponse:
        return await self._complete(self._request(messages, tokens, tools))

    def _request(self, messages: list[dict[str, Any]], tokens: int, tools: tuple[ToolSpec, ...] = ()) -> ModelRequest:
        return ModelRequest(self._tier, messages, tools, tokens, 0.0, role="probe")

    async def _complete(self, request: ModelRequest) -> ModelResponse:
        """Ask, again and again while the model is loading or busy."""
        while True:
            try:
                return await self._client.complete(request, self._meter)
            except ModelBusy as busy:
                self._tell(f"{self.name} is not ready yet: {busy}")
                await self._clock.sleep(min(busy.seconds, MAX_PAUSE_SECONDS))


def _letters(count: int) -> str:
    """Return a text of so many letters, each a word and so a token."""
    return " ".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=count)) + "\n\nSay yes."  # noqa: S311


def _is_guess(read: int) -> bool:
    """Return whether a server's count is the length of the text, of which no cut can be told."""
    guess = len(_letters(TASK_TOKENS)) / GUESSED_CHARS_PER_TOKEN
    return abs(read - guess) <= guess * GUESS_WITHIN_PERCENT / 100


async def probe(
    client: ModelClient,
    tier: Tier = "standard",
    meter: Meter | None = None,
    seconds: float = PROBE_SECONDS,
    tell: Tell = lambda _: None,
) -> ProbeResult:
    """Test the tier's model within `seconds`; what goes wrong at its server is in the result.

    `tell` hears in a line what is waited for, every TELL_EVERY_SECONDS.
    """
    clock = SystemClock()
    one = _Probe(client, tier, meter or Unmetered(), tell, clock)
    began = clock.monotonic()

    async def tell_now_and_then() -> None:
        while True:
            await clock.sleep(TELL_EVERY_SECONDS)
            waited = clock.monotonic() - began
            tell(f"{one.name} has not answered yet after {waited:.0f} s: a local model is loaded first, or thinks")

    telling = asyncio.create_task(tell_now_and_then())
    try:
        async with asyncio.timeout(seconds):
            return await one.result()
    except TimeoutError:
        detail = f"{one.name} accepts requests but did not answer within {seconds:g} s: look at its server's log"
        return ProbeResult(False, False, f"{detail}, and check LLM_BASE_URL")
    except (ModelRefused, ModelUnavailable) as error:
        return ProbeResult(False, False, str(error))
    finally:
        telling.cancel()


_CALL_IT = "This is a test of the connection. Call the tool `ping` now, without arguments, and say nothing else."


def _user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def _turn(response: ModelResponse) -> list[dict[str, Any]]:
    """Return the response and its tool's results as the next request carries them."""
    calls = [_call(call) for call in response.calls]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "pong"} for call in response.calls]
    answer = {"role": "assistant", "content": response.text, "tool_calls": calls, PROVIDER: response.provider}
    return [answer, *results]


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": "{}"}}
