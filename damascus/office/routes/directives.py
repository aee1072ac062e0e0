"""Directives: the CEO's way in."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.errors import Invalid
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, IdempotencyKey, PagingDep, Reading, check_key, forge_of
from damascus.staff.playbooks import check_playbook
from damascus.work.intake import directives, existing_code

router = APIRouter(tags=["directives"])


@router.post("", status_code=201)
async def submit(
    body: schemas.DirectiveCreate, company: CompanyDep, idempotency_key: IdempotencyKey = None
) -> schemas.Directive:
    """Submit a directive. The same Idempotency-Key (8 to 50 letters, digits, _ or -) submits it once only."""
    check_key(idempotency_key)
    await check_playbook(body.playbook)
    new = directives.NewDirective(
        body.text, "ceo", body.budget_microusd, body.playbook, idempotency_key, body.ask, quote=body.quote
    )
    if body.repository is not None:
        new = await existing_code.with_code(new, body.repository, body.test_command, forge_of(company))
    elif body.test_command is not None:
        raise Invalid("a test command is of existing code: name its repository, too")
    async with company.outbox.transaction() as tx:
        if body.follows is not None:
            new = await directives.following(tx, new, body.follows)
        directive = await directives.submit(tx, new)
        return await serializers.directive(tx, directive.id)


@router.get("")
async def list_directives(tx: Reading, paging: PagingDep) -> schemas.Page[schemas.Directive]:
    """Return all directives with what became of them, newest first."""
    rows = await tx.directives.list(paging.after, paging.fetched)
    items = [await serializers.directive(tx, row.id) for row in paging.cut(rows)]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.get("/{id}")
async def show(id: str, tx: Reading) -> schemas.Directive:
    """Return a directive and what became of it."""
    return await serializers.directive(tx, id)
