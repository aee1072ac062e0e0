"""Whether the company works: open to everyone who reaches the port, since it tells no secret.

The office does what it does with each part: commits a row, sends and publishes, writes a file. Who asks often is
told what was found a moment ago: a stranger cannot keep the disk busy.
"""

import asyncio
import os
from collections.abc import Awaitable

from fastapi import APIRouter, Request

from damascus import __version__
from damascus.api.schemas import Health, HealthCheck, HealthStatus
from damascus.bus.acl import OFFICE
from damascus.composition.company import Company
from damascus.core.errors import DamascusError, Unavailable
from damascus.core.room import check_room
from damascus.ledger.write_check import check_writable
from damascus.office.dependencies import CompanyDep
from damascus.office.page import is_built
from damascus.work.staff_health import problems_of_workers

router = APIRouter(tags=["health"])
KEPT_SECONDS = 1.0
PART_TIMEOUT_SECONDS = 5


class Looks:
    """What was found last, and when; one look at a time."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._found: dict[str, HealthCheck] = {}
        self._found_at = float("-inf")

    async def at(self, company: Company) -> dict[str, HealthCheck]:
        """Return the checks of every part, at most KEPT_SECONDS old."""
        async with self._one:
            if company.clock.monotonic() - self._found_at >= KEPT_SECONDS:
                parts = {
                    "ledger": _ledger(company), "redis": _redis(company), "disk": _disk(company),
                    "workers": _workers(company), "forge": _forge(company),
                }  # fmt: skip
                found = await asyncio.gather(*(_within_time(name, part) for name, part in parts.items()))
                self._found = dict(zip(parts, found, strict=True))
                self._found_at = company.clock.monotonic()
            return self._found


@router.get("")
async def health(request: Request, company: CompanyDep) -> Health:
    """Return the office's own view of the parts it reaches, and what the workers say of those that they use."""
    looks: Looks = request.app.state.looks
    checks = await looks.at(company)
    model = company.settings.model
    return Health(
        status=HealthStatus.OK if all(check.ok for check in checks.values()) else HealthStatus.DEGRADED,
        company=company.settings.company.name,
        version=__version__,
        rehearsal=model.rehearsal,
        model=model.tiers.standard or "rehearsal",
        forge=company.settings.forge.kind,
        pid=os.getpid(),
        page=is_built(request.app.state.page),
        checks=checks,
    )


async def _within_time(name: str, look: Awaitable[str]) -> HealthCheck:
    try:
        async with asyncio.timeout(PART_TIMEOUT_SECONDS):
            return HealthCheck(ok=True, detail=await look)
    except TimeoutError:
        hint = "another program has it locked, or its disk hangs" if name == "ledger" else "see `ceo logs office`"
        return HealthCheck(ok=False, detail=f"no response within {PART_TIMEOUT_SECONDS} s; {hint}")
    except DamascusError as error:
        return HealthCheck(ok=False, detail=str(error))


async def _ledger(company: Company) -> str:
    await check_writable(company.ledger)
    async with company.outbox.reading() as tx:
        return f"{await tx.events.last()} events"


async def _redis(company: Company) -> str:
    await company.bus.check(OFFICE, reads=False)
    return "takes messages and publishes"


async def _disk(company: Company) -> str:
    settings = company.settings
    free = await asyncio.to_thread(check_room, settings.home)
    await asyncio.to_thread(check_room, settings.shared)
    return f"{free >> 20} MB free"


async def _workers(company: Company) -> str:
    async with company.outbox.reading() as tx:
        online, problems = problems_of_workers(await tx.agents.list(), company.clock.now())
    if problems or not online:
        raise Unavailable("; ".join(problems) or "none is online")
    return f"{len(online)} online: {', '.join(online)}"


async def _forge(company: Company) -> str:
    kind = company.settings.forge.kind
    if kind == "local":
        return kind
    async with company.outbox.reading() as tx:
        waiting, there = await tx.forge_syncs.waiting(), await tx.forge_syncs.count_there()
    stuck = [row for row in waiting if row.reason]
    if stuck:
        more = f" (and {len(stuck) - 1} more)" if len(stuck) > 1 else ""
        raise Unavailable(f"{stuck[0].name} waits for {kind}: {stuck[0].reason}{more}")
    on_the_way = [row for row in waiting if row.target_sha != row.remote_sha]
    return f"{kind}: {there} repositories there" + (f", {len(on_the_way)} on the way" if on_the_way else "")
