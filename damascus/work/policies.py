"""Policies: rules the CEO may change while the company works; read fresh at each use."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from damascus.core.errors import Invalid, NotFound
from damascus.ledger.transaction import ReadTransaction, Transaction

Verdict = Literal["allow", "ask", "deny"]


class Autonomy(BaseModel):
    """What agents may do by themselves, by the danger of the tool."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: Verdict = "allow"
    write: Verdict = "allow"
    execute: Verdict = "allow"
    spend: Verdict = "ask"
    publish: Verdict = "allow"


SCHEMAS: dict[str, type[BaseModel]] = {"autonomy": Autonomy}


async def autonomy(tx: ReadTransaction) -> Autonomy:
    """The autonomy policy as it stands now."""
    row = await tx.policies.find("autonomy")
    return Autonomy.model_validate(row.value) if row else Autonomy()


async def read_all(tx: ReadTransaction) -> dict[str, Any]:
    """Every policy with its value, defaults included."""
    set_by_ceo = {row.key: row.value for row in await tx.policies.list()}
    return {key: schema.model_validate(set_by_ceo.get(key, {})).model_dump() for key, schema in SCHEMAS.items()}


async def write(tx: Transaction, key: str, value: Any) -> None:
    """Set a policy. Raises NotFound for an unknown key, Invalid for a value that does not fit its schema."""
    if key not in SCHEMAS:
        raise NotFound(f"there is no policy {key!r}; known: {', '.join(SCHEMAS)}")
    try:
        checked = SCHEMAS[key].model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"policy {key}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    await tx.policies.put(key, checked.model_dump(), tx.now)
