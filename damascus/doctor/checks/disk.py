"""The disk: the company's folders can be written, and there is room where the ledger grows."""

import asyncio

from damascus.core.room import check_room
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult

MIN_FREE_BYTES_HEALTHY = 500 * 1024 * 1024


async def check_disk(settings: Settings) -> DoctorResult:
    """Write in each folder that the company writes in, and measure the free space where the ledger grows."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = await asyncio.to_thread(check_room, settings.home)
    for folder in (settings.shared, settings.workspaces):
        await asyncio.to_thread(check_room, folder)
    healthy = free > MIN_FREE_BYTES_HEALTHY
    return DoctorResult("disk", healthy, f"{free // 2**20} MB free", "" if healthy else "free some space")
