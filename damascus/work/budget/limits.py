"""The limits that every model call is reserved under: its mission's, the day's and the company's."""

from collections.abc import Sequence
from datetime import date

from damascus.core.errors import OverBudget
from damascus.core.money import MICROUSD_PER_USD, format_usd, to_microusd
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction

COMPANY = "company"
DAY_PREFIX = "day:"
MISSION_PREFIX = "mission:"
MAX_LIMIT_MICROUSD = 1_000_000 * MICROUSD_PER_USD  # stops a slip of the hand, and sums that the ledger could not hold


class LimitReached(OverBudget):
    """A model call does not fit under the limit of `scope`; `need` is the most that it may cost. In micro-USD."""

    def __init__(self, scope: str, limit: int, spent: int, need: int) -> None:
        super().__init__(
            f"budget reached: {format_usd(spent)} of {format_usd(limit)} spent {_for_whom(scope)}; "
            f"the next call may cost up to {format_usd(need)}"
        )
        self.scope, self.limit, self.spent, self.need = scope, limit, spent, need


def day_scope(day: date | str) -> str:
    return f"{DAY_PREFIX}{day}"


def mission_scope(mission_id: str) -> str:
    return f"{MISSION_PREFIX}{mission_id}"


def scopes_of(mission_id: str, day: str) -> tuple[str, str, str]:
    """Return the scopes that a mission's call on a day counts under."""
    return (COMPANY, day_scope(day), mission_scope(mission_id))


async def limit_reached(tx: Transaction, scopes: Sequence[str], need: int) -> LimitReached:
    """Return the error for the first of the scopes under which `need` micro-USD cannot be reserved."""
    rows = await tx.budgets.list(*scopes)
    full = next(row for row in rows if row.spent + row.reserved + need > row.limit)
    return LimitReached(full.scope, full.limit, full.spent, need)


async def ensure_company_limit(tx: Transaction, settings: Settings) -> None:
    """Create the company's limit, or raise it to the one in config.yaml."""
    limit = to_microusd(settings.budget.company)
    await tx.budgets.ensure(COMPANY, limit, tx.now)
    if (await tx.budgets.get(COMPANY)).limit < limit:
        await tx.budgets.set_limit(COMPANY, limit)


def _for_whom(scope: str) -> str:
    if scope.startswith(DAY_PREFIX):
        return f"on {scope.removeprefix(DAY_PREFIX)}"
    return "for this mission" if scope.startswith(MISSION_PREFIX) else "by the company"
