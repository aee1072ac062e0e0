"""Whether the company works: open to everyone who reaches the port, since it tells no secret."""

import os

from fastapi import APIRouter

from damascus import __version__
from damascus.composition.company import Company
from damascus.core.errors import Unavailable
from damascus.office import views
from damascus.office.deps import CompanyDep
from damascus.office.routes.team import ALIVE

router = APIRouter(prefix="/api/health", tags=["health"])


@router.get("")
async def health(company: CompanyDep) -> views.HealthView:
    """The office's own view of the parts it reaches."""
    checks = {"ledger": await _ledger(company), "redis": await _redis(company), "workers": await _workers(company)}
    model = company.settings.model
    return views.HealthView(
        status="ok" if all(check.ok for check in checks.values()) else "degraded",
        company=company.settings.company.name,
        version=__version__,
        rehearsal=model.rehearsal,
        model=model.tiers.standard or "rehearsal",
        forge=company.settings.forge.kind,
        pid=os.getpid(),
        checks=checks,
    )


async def _ledger(company: Company) -> views.Check:
    try:
        async with company.outbox.reading() as tx:
            return views.Check(ok=True, detail=f"{await tx.events.last()} events")
    except Unavailable as error:
        return views.Check(ok=False, detail=str(error))


async def _redis(company: Company) -> views.Check:
    try:
        await company.bus.ping()
    except Unavailable as error:
        return views.Check(ok=False, detail=str(error))
    return views.Check(ok=True, detail="answers")


async def _workers(company: Company) -> views.Check:
    try:
        async with company.outbox.reading() as tx:
            rows = await tx.agents.list()
    except Unavailable as error:
        return views.Check(ok=False, detail=str(error))
    now = company.clock.now()
    alive = [row.worker or row.id for row in rows if row.seen_at is not None and now - row.seen_at < ALIVE]
    return views.Check(ok=bool(alive), detail=f"{len(alive)} alive: {', '.join(alive)}" if alive else "none is alive")
