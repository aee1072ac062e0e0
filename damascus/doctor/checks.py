"""`ceo doctor`'s checks: `python -m damascus.doctor` prints one JSON line per part of the company.

A line is {name, ok, detail, mend}. It runs as its own process, so that a part that hangs or crashes takes
nothing with it.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from damascus.bus.streams import Bus
from damascus.composition.workshop import choose_workshop
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError
from damascus.core.settings import Settings, Tiers
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe as probe_gitea
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from damascus.llm.port import Tier
from damascus.llm.probe.first_contact import probe
from damascus.supervisor.redis_server import find_server

SECONDS = 30
LAST_WORDS = 2  # a model's own words on its silence come before that
MIN_FREE = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """What was found of one part; `mend` says what to do when it is not well."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


DoctorCheck = Callable[[Settings], Awaitable[DoctorResult]]


async def check_redis(config: Settings) -> DoctorResult:
    if not config.redis.url:
        return DoctorResult("redis", True, f"the company starts its own: {find_server()}")
    bus = Bus(config.redis.url, config.redis.channels.prefix, config.redis.maxlen, SystemClock())
    try:
        await bus.ping()
    finally:
        await bus.close()
    return DoctorResult("redis", True, "answers")


async def check_ledger(config: Settings) -> DoctorResult:
    ledger = Ledger(config.ledger_url)
    try:
        async with ledger.transaction():
            pass
    finally:
        await ledger.close()
    return DoctorResult("ledger", True, f"{config.ledger_url.split(':', 1)[0]} opens and takes a write lock")


def model_checks(config: Settings) -> dict[str, DoctorCheck]:
    """A check for each model that is named, however often: one that will not do must not hide behind another."""
    if config.model.rehearsal:
        return {"model": check_rehearsal}
    places: dict[str, list[str]] = {}
    for tier in get_args(Tier):
        places.setdefault(getattr(config.model.tiers, tier), []).append(tier)
    for number, model in enumerate(config.model.fallbacks, start=1):
        places.setdefault(model, []).append(f"fallback {number}")
    checks: dict[str, DoctorCheck] = {}
    for model, of in places.items():
        name = f"model ({', '.join(of)})" if len(places) > 1 else "model"
        checks[name] = partial(check_model, name=name, model=model, places=of)
    return checks


async def check_rehearsal(config: Settings) -> DoctorResult:  # noqa: ARG001
    return DoctorResult("model", True, "none is configured: the rehearsal model plays (set LLM_BASE_URL, LLM_MODEL)")


async def check_model(config: Settings, name: str, model: str, places: Sequence[str]) -> DoctorResult:
    alone = {"tiers": Tiers(strong=model, standard=model, cheap=model), "fallbacks": []}
    client = ModelClient(config.model.model_copy(update=alone), config.model.base_url, SystemClock())
    try:
        found = await probe(client, seconds=SECONDS - LAST_WORDS)
    finally:
        await client.close()
    well = found.answers and found.calls_tools
    return DoctorResult(
        name, well, found.detail, "" if well else f"see to that model, or name another: {_where(places)}"
    )


def _where(places: Sequence[str]) -> str:
    """Where a model is named."""
    tiers = [place for place in places if place in get_args(Tier)]
    keys = ["LLM_MODEL"] if len(tiers) == len(get_args(Tier)) else [f"LLM_MODEL_{tier.upper()}" for tier in tiers]
    return " and ".join([*keys, *(["`model.fallbacks` in config.yaml"] if len(tiers) < len(places) else [])])


async def check_forge(config: Settings) -> DoctorResult:
    if shutil.which("git") is None:
        return DoctorResult("forge", False, "there is no git on the PATH", "install git")
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: ASYNC221
    place = config.shared / "git"
    place.mkdir(parents=True, exist_ok=True)
    found = f"{version}; bare repositories under {place}"
    if config.forge.kind == "gitea":
        found += f"; {await probe_gitea(GiteaApi(config.forge, SystemClock()), config.forge)}"
    return DoctorResult("forge", True, found)


async def check_workshop(config: Settings) -> DoctorResult:
    await asyncio.to_thread(choose_workshop(config, SystemClock(), Path.cwd()).check)
    where = f"behind {config.workshop.socket}" if config.workshop.socket else "on this machine"
    return DoctorResult("workshop", True, f"commands run {where}, jailed (Landlock, seccomp, limits)")


async def check_disk(config: Settings) -> DoctorResult:
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(config.home).free
    return DoctorResult(
        "disk", free > MIN_FREE, f"{free // 2**20} MB free", "free some space" if free <= MIN_FREE else ""
    )


async def examine(config: Settings) -> list[DoctorResult]:
    """Run every check, all at once, each for at most `SECONDS`; one that fails is a finding, not an error."""
    checks: dict[str, DoctorCheck] = {
        "redis": check_redis, "ledger": check_ledger, **model_checks(config), "forge": check_forge,
        "workshop": check_workshop, "disk": check_disk,
    }  # fmt: skip
    return await asyncio.gather(*(_examine(name, check, config) for name, check in checks.items()))


async def _examine(name: str, check: DoctorCheck, config: Settings) -> DoctorResult:
    try:
        async with asyncio.timeout(SECONDS):
            return await check(config)
    except TimeoutError:
        return DoctorResult(name, False, f"no answer within {SECONDS} s", "see its log under .damascus/logs")
    except (DamascusError, OSError) as error:
        return DoctorResult(name, False, str(error), (type(error).__doc__ or "").strip())
