"""The staff."""

import asyncio
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.errors import Misconfigured
from damascus.ledger.queries.tasks import RoleRecord
from damascus.office.dependencies import CompanyDep, Reading
from damascus.staff.personas import Persona, load_personas
from damascus.work.staff_health import is_online

router = APIRouter(tags=["staff"])
PERSONAS_FOLDER = Path(__file__).parents[3] / "agents" / "personas"


@router.get("")
async def list_staff(company: CompanyDep, tx: Reading) -> schemas.Page[schemas.StaffMember]:
    """Return who is on the staff, who is online, at work on what, and what each has cost."""
    spent = {spend.of: spend for spend in await tx.usage.by("role")}
    personas = await asyncio.to_thread(_personas)
    records = await tx.tasks.records_of_roles()
    items = []
    now, workers = company.clock.now(), defaultdict[str, list[schemas.StaffWorker]](list)
    for one in await tx.workers.list():
        shown = schemas.StaffWorker(name=one.name, seen_at=one.seen_at, online=is_online(one, now))
        workers[one.role].append(shown)
    for row in await tx.agents.list():
        persona, record = personas.get(row.role), records.get(row.role, RoleRecord())
        busy = await tx.tasks.active_of_role(row.role)
        member = schemas.StaffMember(
            id=row.id,
            name=row.name,
            title=row.title,
            role=row.role,
            worker=row.worker,
            workers=workers[row.role],
            online=is_online(row, now),
            seen_at=row.seen_at,
            working_on=[task.title for task in busy],
            spent_microusd=spent[row.role].cost if row.role in spent else 0,
            price_known=row.role not in spent or not spent[row.role].unknown_prices,
            tier=persona.tier if persona else None,
            tools=sorted(persona.tools) if persona else [],
            done=record.done,
            failed=record.failed,
            passed_first_time=record.passed_first_time,
        )
        items.append(member)
    return schemas.Page(items=items)


def _personas() -> dict[str, Persona]:
    """Return the personas by role; none if a file cannot be read: what worked here is told all the same."""
    try:
        return _load(tuple(sorted((path.name, path.stat().st_mtime_ns) for path in PERSONAS_FOLDER.glob("*.md"))))
    except (Misconfigured, OSError):
        return {}


@lru_cache(maxsize=1)
def _load(_changed: tuple[tuple[str, int], ...]) -> dict[str, Persona]:
    return load_personas(PERSONAS_FOLDER)
