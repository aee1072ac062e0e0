"""The disk of the company's home: there is space left."""

import shutil

from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult

MIN_FREE_BYTES_HEALTHY = 500 * 1024 * 1024


async def check_disk(settings: Settings) -> DoctorResult:
    """Measure the free space where the ledger grows."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free
    healthy = free > MIN_FREE_BYTES_HEALTHY
    return DoctorResult("disk", healthy, f"{free // 2**20} MB free", "" if healthy else "free some space")
