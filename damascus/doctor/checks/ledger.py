"""The ledger: it can be opened and locked for writing."""

from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.ledger.engine import Ledger


async def check_ledger(settings: Settings) -> DoctorResult:
    """Begin a transaction; nothing is written."""
    ledger = Ledger(settings.ledger_url)
    try:
        async with ledger.transaction():
            pass
    finally:
        await ledger.close()
    return DoctorResult("ledger", True, f"{settings.ledger_url.split(':', 1)[0]} can be opened and written")
