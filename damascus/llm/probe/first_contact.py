"""Is the model there, and does it call tools? One tiny request, for `ceo doctor` and before the first directive."""

import asyncio
from dataclasses import dataclass

from damascus.core.errors import ModelRefused, ModelUnavailable
from damascus.core.records.model_paces import Told
from damascus.llm.client import ModelClient
from damascus.llm.port import Meter, ModelRequest, ModelResponse, Reserved, Tier, ToolSpec

PING = ToolSpec("ping", "Answers a test.", {"type": "object", "properties": {}})
MAX_PROBE_TOKENS = 512
_REMEDY = "choose a model that calls tools (LLM_MODEL)"


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


async def probe(
    client: ModelClient, tier: Tier = "standard", meter: Meter | None = None, seconds: float = 30
) -> ProbeResult:
    """Ask the tier's model to call `ping`, within `seconds`; what goes wrong at its server is in the result."""
    name = f"{client.model_for(tier)} at {client.url}"
    try:
        async with asyncio.timeout(seconds):
            return await _probe(client, tier, meter or Unmetered(), name)
    except TimeoutError:
        detail = f"{name} did not answer within {seconds:g} s: check LLM_BASE_URL and its server"
        return ProbeResult(False, False, detail)
    except (ModelRefused, ModelUnavailable) as error:
        return ProbeResult(False, False, str(error))


async def _probe(client: ModelClient, tier: Tier, meter: Meter, name: str) -> ProbeResult:
    try:
        response = await _ask(client, tier, meter, (PING,))
    except ModelRefused as refusal:
        try:
            await _ask(client, tier, meter, ())
        except ModelRefused:
            raise refusal from None
        return ProbeResult(True, False, f"{name} answers but takes no tools: {_REMEDY}")
    if any(call.name == PING.name for call in response.calls):
        return ProbeResult(True, True, f"{name} answers and calls tools ({response.latency:.1f} s)")
    return ProbeResult(True, False, f"{name} answers but did not call the tool: {_REMEDY}")


async def _ask(client: ModelClient, tier: Tier, meter: Meter, tools: tuple[ToolSpec, ...]) -> ModelResponse:
    text = "This is a test of the connection. Call the tool `ping` now, without arguments, and say nothing else."
    messages = [{"role": "user", "content": text}]
    return await client.complete(ModelRequest(tier, messages, tools, MAX_PROBE_TOKENS, 0.0, role="probe"), meter)
