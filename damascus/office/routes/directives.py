"""Directives: the CEO's way in."""

import re

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.errors import Invalid
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, IdempotencyKey, Reading, forge_of
from damascus.staff.playbooks import check_playbook
from damascus.work.intake import directives, existing_code

router = APIRouter(tags=["directives"])
_KEY = re.compile(r"[A-Za-z0-9_-]{8,50}")


@router.post("", status_code=201)
async def submit(
    body: schemas.DirectiveCreate, company: CompanyDep, idempotency_key: IdempotencyKey = None
) -> schemas.Directive:
    """Submit a directive. The same Idempotency-Key (8 to 50 letters, digits, _ or -) submits it once only."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise Invalid("an Idempotency-Key has 8 to 50 letters, digits, _ or -")
    await check_playbook(body.playbook)
    new = directives.NewDirective(
        body.text, "ceo", body.budget_microusd, body.playbook, idempotency_key, body.ask, quote=body.quote
    )
    if body.repository is not None:
        new = await existing_code.with_code(new, body.repository, body.test_command, forge_of(company))
    elif body.test_command is not None:
        raise Invalid("a test command is of existing code: name its repository, too")
    async with company.outbox.transaction() as tx:
        directive = await directives.submit(tx, new)
        return await serializers.directive(tx, directive.id)


@router.get("/{id}")
async def show(id: str, tx: Reading) -> schemas.Directive:
    """Return a directive and what became of it."""
    return await serializers.directive(tx, id)
