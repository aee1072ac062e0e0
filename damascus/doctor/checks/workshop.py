"""The workshop: it can jail a command."""

import asyncio
from pathlib import Path

from damascus.composition.workshop import choose_workshop
from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult


async def check_workshop(settings: Settings) -> DoctorResult:
    """Have the workshop that the company uses check itself."""
    await asyncio.to_thread(choose_workshop(settings, SystemClock(), Path.cwd()).check)
    where = f"behind {settings.workshop.socket}" if settings.workshop.socket else "on this machine"
    return DoctorResult("workshop", True, f"commands run {where}, jailed (Landlock, seccomp, limits)")
