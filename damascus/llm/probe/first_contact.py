"""Is the model there, and does it call tools? One tiny request, for `ceo doctor` and before the first directive."""

import asyncio
from dataclasses import dataclass

from damascus.core.errors import ModelRefused, ModelUnavailable
from damascus.llm.client import ModelClient
from damascus.llm.port import Meter, ModelRequest, ModelResponse, Tier, ToolSpec

PING = ToolSpec("ping", "Answers a test.", {"type": "object", "properties": {}})
MOST_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found; `detail` is one line that names the model, the URL and, if something is wrong, what to do."""

    answers: bool
    calls_tools: bool
    detail: str


class Unmetered:
    """A meter for a call outside every mission, such as the probe's: it lets everything pass and keeps nothing."""

    async def reserve(self, model: str, worst_microusd: int) -> str:  # noqa: ARG002
        return "unmetered"

    def may_send(self) -> bool:
        return True

    async def release(self, reservation: str) -> None: ...

    async def lost(self, reservation: str) -> None: ...


async def probe(client: ModelClient, tier: Tier = "standard", meter: Meter | None = None, seconds: float = 30) -> Probe:
    """Ask the tier's model to call `ping`; never raises what the model's server can cause, ends within `seconds`."""
    name = f"{client.model_for(tier)} at {client.url}"
    try:
        async with asyncio.timeout(seconds):
            return await _probe(client, tier, meter or Unmetered(), name)
    except TimeoutError:
        return Probe(False, False, f"{name} did not answer within {seconds:g} s: check LLM_BASE_URL and its server")
    except (ModelRefused, ModelUnavailable) as error:
        return Probe(False, False, str(error))


async def _probe(client: ModelClient, tier: Tier, meter: Meter, name: str) -> Probe:
    try:
        answer = await _ask(client, tier, meter, (PING,))
    except ModelRefused as refusal:
        try:
            await _ask(client, tier, meter, ())
        except ModelRefused:
            raise refusal from None
        return Probe(True, False, f"{name} answers but takes no tools: choose a model that calls tools (LLM_MODEL)")
    if any(call.name == PING.name for call in answer.calls):
        return Probe(True, True, f"{name} answers and calls tools ({answer.latency:.1f} s)")
    return Probe(True, False, f"{name} answers but did not call the tool: choose a model that calls tools (LLM_MODEL)")


async def _ask(client: ModelClient, tier: Tier, meter: Meter, tools: tuple[ToolSpec, ...]) -> ModelResponse:
    ask = "This is a test of the line. Call the tool `ping` now, without arguments, and say nothing else."
    messages = [{"role": "user", "content": ask}]
    return await client.complete(ModelRequest(tier, messages, tools, MOST_TOKENS, 0.0, role="probe"), meter)
