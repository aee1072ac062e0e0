"""`ceo doctor`'s checks: `python -m damascus.runtime.doctor` prints one JSON line per part of the company.

A line is {name, ok, detail, mend}. It runs as its own process, so that a part that hangs or crashes takes
nothing with it.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from damascus.bus.server import find_server
from damascus.bus.streams import Bus
from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError
from damascus.core.settings import Settings
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe as probe_gitea
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from damascus.llm.probe import probe
from damascus.runtime.workshop import choose_workshop

SECONDS = 30
MIN_FREE = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part; `mend` says what to do when it is not well."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


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


async def check_model(config: Settings) -> Finding:
    if config.model.rehearsal:
        return Finding("model", True, "none is configured: the rehearsal model plays (set LLM_BASE_URL, LLM_MODEL)")
    client = ModelClient(config.model, config.model.base_url, SystemClock())
    try:
        found = await probe(client)
    finally:
        await client.close()
    return Finding("model", found.answers and found.calls_tools, found.detail)


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


CHECKS: dict[str, Callable[[Settings], Awaitable[Finding]]] = {
    "redis": check_redis,
    "ledger": check_ledger,
    "model": check_model,
    "forge": check_forge,
    "workshop": check_workshop,
    "disk": check_disk,
}


async def examine(config: Settings) -> list[Finding]:
    """Run every check, each for at most `SECONDS`; one that fails is a finding, not an error."""
    return [await _examine(name, check, config) for name, check in CHECKS.items()]


async def _examine(name: str, check: Callable[[Settings], Awaitable[Finding]], config: Settings) -> Finding:
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
