"""`ceo doctor`'s checks: `python -m damascus.runtime.doctor` prints one JSON line per part of the company.

A line is {name, ok, detail, mend}. It runs as its own process, so that a part that hangs or crashes takes
nothing with it.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from damascus.bus.server import find_server
from damascus.bus.streams import Bus
from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError
from damascus.core.settings import Settings, Tiers
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe as probe_gitea
from damascus.ledger.engine import Ledger
from damascus.llm.base import Tier
from damascus.llm.client import ModelClient
from damascus.llm.probe import probe
from damascus.runtime.workshop import choose_workshop

SECONDS = 30
LAST_WORDS = 2  # a model's own words on its silence come before that
MIN_FREE = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part; `mend` says what to do when it is not well."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


Check = Callable[[Settings], Awaitable[Finding]]


async def check_redis(config: Settings) -> Finding:
    if not config.redis.url:
        return Finding("redis", True, f"the company starts its own: {find_server()}")
    bus = Bus(config.redis.url, config.redis.channels.prefix, config.redis.maxlen, SystemClock())
    try:
        await bus.ping()
    finally:
        await bus.close()
    return Finding("redis", True, "answers")


async def check_ledger(config: Settings) -> Finding:
    ledger = Ledger(config.ledger_url)
    try:
        async with ledger.transaction():
            pass
    finally:
        await ledger.close()
    return Finding("ledger", True, f"{config.ledger_url.split(':', 1)[0]} opens and takes a write lock")


def model_checks(config: Settings) -> dict[str, Check]:
    """A check for each model that is named, however often: one that will not do must not hide behind another."""
    if config.model.rehearsal:
        return {"model": check_rehearsal}
    places: dict[str, list[str]] = {}
    for tier in get_args(Tier):
        places.setdefault(getattr(config.model.tiers, tier), []).append(tier)
    for number, model in enumerate(config.model.fallbacks, start=1):
        places.setdefault(model, []).append(f"fallback {number}")
    checks: dict[str, Check] = {}
    for model, of in places.items():
        name = f"model ({', '.join(of)})" if len(places) > 1 else "model"
        checks[name] = partial(check_model, name=name, model=model, places=of)
    return checks


async def check_rehearsal(config: Settings) -> Finding:  # noqa: ARG001
    return Finding("model", True, "none is configured: the rehearsal model plays (set LLM_BASE_URL, LLM_MODEL)")


async def check_model(config: Settings, name: str, model: str, places: Sequence[str]) -> Finding:
    alone = {"tiers": Tiers(strong=model, standard=model, cheap=model), "fallbacks": []}
    client = ModelClient(config.model.model_copy(update=alone), config.model.base_url, SystemClock())
    try:
        found = await probe(client, seconds=SECONDS - LAST_WORDS)
    finally:
        await client.close()
    well = found.answers and found.calls_tools
    return Finding(name, well, found.detail, "" if well else f"see to that model, or name another: {_where(places)}")


def _where(places: Sequence[str]) -> str:
    """Where a model is named."""
    tiers = [place for place in places if place in get_args(Tier)]
    keys = ["LLM_MODEL"] if len(tiers) == len(get_args(Tier)) else [f"LLM_MODEL_{tier.upper()}" for tier in tiers]
    return " and ".join([*keys, *(["`model.fallbacks` in config.yaml"] if len(tiers) < len(places) else [])])


async def check_forge(config: Settings) -> Finding:
    if shutil.which("git") is None:
        return Finding("forge", False, "there is no git on the PATH", "install git")
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: ASYNC221
    place = config.shared / "git"
    place.mkdir(parents=True, exist_ok=True)
    found = f"{version}; bare repositories under {place}"
    if config.forge.kind == "gitea":
        found += f"; {await probe_gitea(GiteaApi(config.forge, SystemClock()), config.forge)}"
    return Finding("forge", True, found)


async def check_workshop(config: Settings) -> Finding:
    await asyncio.to_thread(choose_workshop(config, SystemClock(), Path.cwd()).check)
    where = f"behind {config.workshop.socket}" if config.workshop.socket else "on this machine"
    return Finding("workshop", True, f"commands run {where}, jailed (Landlock, seccomp, limits)")


async def check_disk(config: Settings) -> Finding:
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(config.home).free
    return Finding("disk", free > MIN_FREE, f"{free // 2**20} MB free", "free some space" if free <= MIN_FREE else "")


async def examine(config: Settings) -> list[Finding]:
    """Run every check, all at once, each for at most `SECONDS`; one that fails is a finding, not an error."""
    checks: dict[str, Check] = {
        "redis": check_redis, "ledger": check_ledger, **model_checks(config), "forge": check_forge,
        "workshop": check_workshop, "disk": check_disk,
    }  # fmt: skip
    return await asyncio.gather(*(_examine(name, check, config) for name, check in checks.items()))


async def _examine(name: str, check: Check, config: Settings) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            return await check(config)
    except TimeoutError:
        return Finding(name, False, f"no answer within {SECONDS} s", "see its log under .damascus/logs")
    except (DamascusError, OSError) as error:
        return Finding(name, False, str(error), (type(error).__doc__ or "").strip())


def main() -> int:
    """0 when every part is well, 1 when one is not, 2 for a wrong configuration."""
    try:
        config = settings.load()
    except DamascusError as error:
        print(json.dumps(asdict(Finding("settings", False, str(error), "mend that key"))))  # noqa: T201
        return 2
    findings = asyncio.run(examine(config))
    for finding in findings:
        print(json.dumps(asdict(finding)))  # noqa: T201
    return 0 if all(finding.ok for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
