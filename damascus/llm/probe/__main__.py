"""`python -m damascus.llm.probe.__main__`: probes the configured models and prints one JSON object.

Its keys are those of Probe: answers, calls_tools, detail. It is a process of its own because the command line, which
asks before it starts a company, must not load a model's client.
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
from damascus.llm.probe.first_contact import Probe, probe


async def probe_all(config: Settings) -> Probe:
    """Probe the model of each tier, each model once: what is wrong with the first that will not do, else with none."""
    client = ModelClient(config.model, config.model.base_url, SystemClock())
    tiers: dict[str, Tier] = {}
    for tier in get_args(Tier):
        tiers.setdefault(client.model_for(tier), tier)
    try:
        found = await asyncio.gather(*(probe(client, tier) for tier in tiers.values()))
    finally:
        await client.close()
    return next((one for one in found if not (one.answers and one.calls_tools)), found[0])


def main() -> int:
    """0 when every model answers and calls tools, 1 when one does not, 2 for a wrong configuration."""
    try:
        config = settings.load()
        found = asyncio.run(probe_all(config))
    except Misconfigured as error:
        found = Probe(False, False, str(error))
        print(json.dumps(asdict(found)))  # noqa: T201
        return 2
    print(json.dumps(asdict(found)))  # noqa: T201
    return 0 if found.answers and found.calls_tools else 1


if __name__ == "__main__":
    sys.exit(main())
