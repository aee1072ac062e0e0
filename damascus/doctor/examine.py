"""All checks of the company; each part is a line in the list."""

import asyncio

from damascus.core.errors import DamascusError, Misconfigured
from damascus.core.settings import Settings
from damascus.doctor.checks.disk import check_disk
from damascus.doctor.checks.forge import check_forge
from damascus.doctor.checks.ledger import check_ledger
from damascus.doctor.checks.litellm import check_litellm
from damascus.doctor.checks.model import model_checks
from damascus.doctor.checks.redis import check_redis
from damascus.doctor.checks.staff import check_staff
from damascus.doctor.checks.workshop import check_workshop
from damascus.doctor.result import DoctorCheck, DoctorResult


def all_checks(settings: Settings) -> list[DoctorCheck]:
    """Return the checks of a company with these settings, in the order in which they are shown."""
    return [
        DoctorCheck("redis", check_redis),
        DoctorCheck("ledger", check_ledger),
        *model_checks(settings),
        *([] if settings.model.rehearsal else [DoctorCheck("litellm", check_litellm)]),
        DoctorCheck("forge", check_forge),
        DoctorCheck("workshop", check_workshop),
        DoctorCheck("disk", check_disk),
        DoctorCheck("staff", check_staff),
    ]


async def examine(settings: Settings) -> list[DoctorResult]:
    """Run all checks concurrently and return their results; a check that fails is a result, not an error."""
    return await asyncio.gather(*(_examine(check, settings) for check in all_checks(settings)))


async def _examine(check: DoctorCheck, settings: Settings) -> DoctorResult:
    try:
        async with asyncio.timeout(check.seconds):
            return await check.run(settings)
    except TimeoutError:
        detail = f"no response within {check.seconds:g} s"
        return DoctorResult(check.name, False, detail, "see its log under .damascus/logs")
    except Misconfigured as error:  # says itself what to do
        return DoctorResult(check.name, False, str(error))
    except (DamascusError, OSError) as error:
        return DoctorResult(check.name, False, str(error), (type(error).__doc__ or "").strip())
