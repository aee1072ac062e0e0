"""The staff: what the workers of a running company found wrong with the parts that they use."""

from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.ledger.engine import Ledger
from damascus.work.staff_health import problems_of_workers


async def check_staff(settings: Settings) -> DoctorResult:
    """Read what each worker that is online said last; nobody is online while the company does not run."""
    ledger = Ledger(settings.ledger_url)
    try:
        async with ledger.reading() as tx:
            online, problems = problems_of_workers(await tx.agents.list(), SystemClock().now())
    except Unavailable:  # the ledger's own check says what is wrong there
        return DoctorResult("staff", True, "nobody is online")
    finally:
        await ledger.close()
    if problems:
        return DoctorResult("staff", False, "; ".join(problems), "each worker looks again every 10 s")
    return DoctorResult("staff", True, f"{len(online)} online" if online else "nobody is online")
