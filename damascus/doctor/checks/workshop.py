"""The workshop: it can jail a command."""

import asyncio
from pathlib import Path

from damascus.composition.workshop import choose_workshop
from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.workshop.command_check import check_command
from damascus.workshop.jail.job import Loopback

_NETWORK = {
    Loopback.OWN: "each task with a loopback of its own",
    Loopback.SHARED: "all with the loopback of that container",
    Loopback.NONE: "without any socket: no namespace for one is granted here (docs/how-to/workshop.md)",
}


async def check_workshop(settings: Settings) -> DoctorResult:
    """Have the workshop that the company uses check itself, and run `true`."""
    workshop = choose_workshop(settings, SystemClock(), Path.cwd())
    await asyncio.to_thread(workshop.check)
    await check_command(workshop, settings.workspaces)
    where = f"behind {settings.workshop.socket}" if settings.workshop.socket else "on this machine"
    facts = await workshop.facts()
    browser = f"Chromium {facts.browser}" if facts.browser else "no Chromium for screenshots"
    told = f"commands run {where}, jailed (Landlock, seccomp, limits), {_NETWORK[facts.loopback]}; {browser}"
    return DoctorResult("workshop", True, told)
