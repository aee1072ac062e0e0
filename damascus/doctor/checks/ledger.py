"""The ledger: a row can be committed and removed, in tables of this version or where there are none yet."""

from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.ledger.engine import Ledger
from damascus.ledger.write_check import check_writable

LOCK_WAIT_SECONDS = 10  # less than a check may take, so that the reason is said


async def check_ledger(settings: Settings) -> DoctorResult:
    """Write and remove a row, as each heartbeat of the company does."""
    ledger = Ledger(settings.ledger_url, lock_wait_seconds=LOCK_WAIT_SECONDS)
    try:
        await check_writable(ledger)
    finally:
        await ledger.close()
    return DoctorResult("ledger", True, f"{settings.ledger_url.split(':', 1)[0]} takes a row and gives it up again")
