"""`python -m damascus.llm.probe`: probes the configured models and prints JSON objects, one a line.

Those with the key `waiting` say what is waited for; the last one has the keys of ProbeResult. It is a process of its
own because the command line, which asks before it starts a company, must not load a model's client.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from typing import get_args

from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured
from damascus.core.settings import Settings
from damascus.llm.client import ModelClient
from damascus.llm.port import Tier
from damascus.llm.probe.first_contact import ProbeResult, probe


async def probe_all(config: Settings) -> ProbeResult:
    """Probe the model of each tier, each model once.

    Returns the result of the first model that cannot be used, or of the first one if all can.
    """
    client = ModelClient(config.model, config.model.base_url, SystemClock(), config.models)
    tiers: dict[str, Tier] = {}
    for tier in get_args(Tier):
        tiers.setdefault(client.model_for(tier), tier)
    try:
        found = await asyncio.gather(*(probe(client, tier, tell=_tell) for tier in tiers.values()))
    finally:
        await client.close()
    return next((one for one in found if not (one.answers and one.calls_tools)), found[0])


def _tell(line: str) -> None:
    print(json.dumps({"waiting": line}), flush=True)  # noqa: T201


def main() -> int:
    """Return 0 if every model responds and calls tools, 1 if one does not, 2 if the configuration is wrong."""
    try:
        config = settings.load()
        found = asyncio.run(probe_all(config))
    except Misconfigured as error:
        found = ProbeResult(False, False, str(error))
        print(json.dumps(asdict(found)))  # noqa: T201
        return 2
    print(json.dumps(asdict(found)))  # noqa: T201
    return 0 if found.answers and found.calls_tools else 1


if __name__ == "__main__":
    sys.exit(main())
