"""Directives: the CEO's way in."""

import re
from typing import Annotated

from fastapi import APIRouter, Header
from pydantic import BaseModel, Field

from damascus.core.errors import Invalid
from damascus.ledger.transaction import ReadTransaction
from damascus.office import door, views
from damascus.office.deps import CompanyDep, Reading
from damascus.work.intake import directives

router = APIRouter(prefix="/api/directives", tags=["directives"])
_KEY = re.compile(r"[A-Za-z0-9_-]{8,50}")


class NewDirective(BaseModel):
    text: str = Field(max_length=directives.MAX_DIRECTIVE_CHARS)
    budget_microusd: int | None = Field(default=None, gt=0, description="the mission's limit")
    playbook: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{0,39}$")


@router.post("", status_code=201)
async def give(
    new: NewDirective, company: CompanyDep, idempotency_key: Annotated[str | None, Header()] = None
) -> views.DirectiveView:
    """Give a directive. The same Idempotency-Key (8 to 50 letters, digits, _ or -) gives it once only."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise Invalid("an Idempotency-Key has 8 to 50 letters, digits, _ or -")
    await door.check_playbook(new.playbook)
    order = directives.NewDirective(new.text, "ceo", new.budget_microusd, new.playbook, idempotency_key)
    async with company.outbox.transaction() as tx:
        directive = await directives.submit(tx, order)
        return await _view(tx, directive.id)


@router.get("/{id}")
async def show(id: str, tx: Reading) -> views.DirectiveView:
    """A directive and what became of it."""
    return await _view(tx, id)


async def _view(tx: ReadTransaction, id: str) -> views.DirectiveView:
    directive = await tx.directives.get(id)
    mission = await tx.missions.of_directive(id)
    return views.DirectiveView(
        id=id,
        text=directive.text,
        created_at=directive.created_at,
        proposal=views.ProposalView.model_validate(await tx.proposals.of_directive(id)),
        mission_id=mission.id if mission else None,
    )
