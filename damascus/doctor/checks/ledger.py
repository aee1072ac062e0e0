"""The ledger: it can be opened and locked for writing, and has the tables of this version."""

from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import read_version


async def check_ledger(settings: Settings) -> DoctorResult:
    """Begin a transaction; nothing is written. A ledger without tables is one that was never started."""
    ledger = Ledger(settings.ledger_url)
    try:
        if await read_version(ledger) is not None:
            async with ledger.transaction():
                pass
    finally:
        await ledger.close()
    return DoctorResult("ledger", True, f"{settings.ledger_url.split(':', 1)[0]} can be opened and written")
