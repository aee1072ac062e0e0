"""Policies: rules the CEO may change while the company works; read fresh at each use."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from damascus.core.errors import Invalid, NotFound
from damascus.core.events import EventKind, PolicyChanged
from damascus.core.validation import explain
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


class DeliveryPolicy(BaseModel):
    """What leaves the company with its code.

    `ci_files`: files that a remote forge executes by itself, such as `.github/workflows`: `hold` keeps them in the
    working copy, `send` pushes them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ci_files: Literal["hold", "send"] = "hold"


class ResearchPolicy(BaseModel):
    """What may be looked up, and how much of a report must be.

    `addresses`: agents read `shown` ones only (results of searches, links of pages, the CEO's words), or `any`.

    `verified_share`: the part of the cited claims, of 0 to 1, that stand word for word on a page which was read, in the
    reports whose name begins with one of `reports`; it counts in missions that could read the web.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    addresses: Literal["shown", "any"] = "shown"
    verified_share: float = Field(0.25, ge=0, le=1)
    reports: tuple[str, ...] = ("market",)


class QuotePolicy(BaseModel):
    """Whose plans are quoted and signed before their work begins: missions with a limit above so many US dollars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    above_usd: float | None = Field(None, ge=0)


class MemoryPolicy(BaseModel):
    """Whether what earlier missions taught is used: `use` shows it to tasks, and keeps what they and missions teach.

    The CEO's own rules are shown to every task in any case.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: bool = True


class ReviewPolicy(BaseModel):
    """Whose work a colleague looks at before it counts as done: the lines of its acceptance that no program checks.

    `when`: `risky` is code, and what other tasks build on. `by`: the role that reviews; empty, and for its own work:
    another, the VP before others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: Literal["never", "risky", "always"] = "risky"
    by: str = Field("", max_length=64)


SCHEMAS: dict[str, type[BaseModel]] = {
    "autonomy": Autonomy, "delivery": DeliveryPolicy, "memory": MemoryPolicy, "quote": QuotePolicy,
    "research": ResearchPolicy, "review": ReviewPolicy,
}  # fmt: skip


async def autonomy(tx: ReadTransaction) -> Autonomy:
    """Return the autonomy policy that is in force now."""
    row = await tx.policies.find("autonomy")
    return Autonomy.model_validate(row.value) if row else Autonomy()


async def delivery(tx: ReadTransaction) -> DeliveryPolicy:
    """Return the delivery policy that is in force now."""
    row = await tx.policies.find("delivery")
    return DeliveryPolicy.model_validate(row.value) if row else DeliveryPolicy()


async def memory(tx: ReadTransaction) -> MemoryPolicy:
    """Return the memory policy that is in force now."""
    row = await tx.policies.find("memory")
    return MemoryPolicy.model_validate(row.value) if row else MemoryPolicy()


async def quote(tx: ReadTransaction) -> QuotePolicy:
    """Return the quote policy that is in force now."""
    row = await tx.policies.find("quote")
    return QuotePolicy.model_validate(row.value) if row else QuotePolicy()


async def research(tx: ReadTransaction) -> ResearchPolicy:
    """Return the research policy that is in force now."""
    row = await tx.policies.find("research")
    return ResearchPolicy.model_validate(row.value) if row else ResearchPolicy()


async def review(tx: ReadTransaction) -> ReviewPolicy:
    """Return the review policy that is in force now."""
    row = await tx.policies.find("review")
    return ReviewPolicy.model_validate(row.value) if row else ReviewPolicy()


async def read_all(tx: ReadTransaction) -> dict[str, Any]:
    """Return every policy with its value, defaults included."""
    set_by_ceo = {row.key: row.value for row in await tx.policies.list()}
    return {key: schema.model_validate(set_by_ceo.get(key, {})).model_dump() for key, schema in SCHEMAS.items()}


def schema_of(key: str) -> type[BaseModel]:
    """Return what a policy's value must be. Raises NotFound if there is no such key."""
    if key not in SCHEMAS:
        raise NotFound(f"there is no policy {key!r}; known: {', '.join(SCHEMAS)}")
    return SCHEMAS[key]


async def write(tx: Transaction, key: str, value: Any) -> None:
    """Set a policy. Raises NotFound if there is no such key, Invalid if the value does not fit its schema."""
    schema = schema_of(key)
    try:
        checked = schema.model_validate(value)
    except ValidationError as error:
        raise Invalid(f"policy {key}: {explain(error, schema)}") from error
    before = (await read_all(tx))[key]
    await tx.policies.put(key, checked.model_dump(), tx.now)
    changed = PolicyChanged(key=key, before=before, after=checked.model_dump(mode="json"))
    tx.events.append(EventKind.POLICY, "ceo", changed)
