"""Whether the company works: open to everyone who reaches the port, since it tells no secret."""

import os

from fastapi import APIRouter

from damascus import __version__
from damascus.api.schemas import Health, HealthCheck, HealthStatus
from damascus.composition.company import Company
from damascus.core.errors import Unavailable
from damascus.office.dependencies import CompanyDep
from damascus.office.routes.staff import is_online

router = APIRouter(tags=["health"])


@router.get("")
async def health(company: CompanyDep) -> Health:
    """Return the office's own view of the parts it reaches."""
    checks = {"ledger": await _ledger(company), "redis": await _redis(company), "workers": await _workers(company)}
    model = company.settings.model
    return Health(
        status=HealthStatus.OK if all(check.ok for check in checks.values()) else HealthStatus.DEGRADED,
        company=company.settings.company.name,
        version=__version__,
        rehearsal=model.rehearsal,
        model=model.tiers.standard or "rehearsal",
        forge=company.settings.forge.kind,
        pid=os.getpid(),
        checks=checks,
    )


async def _ledger(company: Company) -> HealthCheck:
    try:
        async with company.outbox.reading() as tx:
            return HealthCheck(ok=True, detail=f"{await tx.events.last()} events")
    except Unavailable as error:
        return HealthCheck(ok=False, detail=str(error))


async def _redis(company: Company) -> HealthCheck:
    try:
        await company.bus.ping()
    except Unavailable as error:
        return HealthCheck(ok=False, detail=str(error))
    return HealthCheck(ok=True, detail="responds")


async def _workers(company: Company) -> HealthCheck:
    try:
        async with company.outbox.reading() as tx:
            rows = await tx.agents.list()
    except Unavailable as error:
        return HealthCheck(ok=False, detail=str(error))
    now = company.clock.now()
    online = [row.worker or row.id for row in rows if is_online(row, now)]
    return HealthCheck(
        ok=bool(online), detail=f"{len(online)} online: {', '.join(online)}" if online else "none is online"
    )
