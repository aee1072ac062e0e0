"""The limits that every model call is reserved under: its mission's, the day's and the company's."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from damascus.core.errors import OverBudget
from damascus.core.money import MICROUSD_PER_USD, format_usd, to_microusd
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction

COMPANY = "company"
DAY_PREFIX = "day:"
MISSION_PREFIX = "mission:"
MAX_LIMIT_MICROUSD = 1_000_000 * MICROUSD_PER_USD  # stops a slip of the hand, and sums that the ledger could not hold


class LimitReached(OverBudget):
    """A model call does not fit under the limit of `scope`; `need` is the most that it may cost. In micro-USD.

    `reserved` is what others' calls in flight reserve apart from what is spent.
    """

    def __init__(self, scope: str, limit: int, spent: int, need: int, reserved: int = 0) -> None:
        in_flight = f" and {format_usd(reserved)} reserved for calls in flight" if reserved else ""
        super().__init__(
            f"budget reached: {format_usd(spent)} of {format_usd(limit)} spent{in_flight} {_for_whom(scope)}; "
            f"the next call may cost up to {format_usd(need)}"
        )
        self.scope, self.limit, self.spent, self.need = scope, limit, spent, need


def day_scope(day: date | str) -> str:
    return f"{DAY_PREFIX}{day}"


def today(now: datetime, settings: Settings) -> date:
    """Return the day whose limit counts at `now`; it begins at midnight in `budget.time_zone`."""
    return now.astimezone(ZoneInfo(settings.budget.time_zone)).date()


def mission_scope(mission_id: str) -> str:
    return f"{MISSION_PREFIX}{mission_id}"


def scopes_of(mission_id: str, day: str) -> tuple[str, str, str]:
    """Return the scopes that a mission's call on a day counts under."""
    return (COMPANY, day_scope(day), mission_scope(mission_id))


async def limit_reached(tx: Transaction, scopes: Sequence[str], need: int) -> LimitReached:
    """Return the error for the first of the scopes under which `need` micro-USD cannot be reserved."""
    rows = await tx.budgets.list(*scopes)
    full = next(row for row in rows if row.spent + row.reserved + need > row.limit)
    return LimitReached(full.scope, full.limit, full.spent, need, full.reserved)


async def ensure_company_limit(tx: Transaction, settings: Settings) -> None:
    """Create the company's limit, or set it to the one in config.yaml if that has changed since.

    A limit that the CEO set outlives any number of restarts: config.yaml says the same as before.
    """
    limit = to_microusd(settings.budget.company)
    await tx.budgets.ensure(COMPANY, limit, tx.now)
    budget = await tx.budgets.get(COMPANY)
    if budget.configured == limit:
        return
    if budget.configured is not None:  # else it was made before this was noted, and may be the CEO's
        await tx.budgets.set_limit(COMPANY, limit)
    await tx.budgets.note_configured(COMPANY, limit)


def _for_whom(scope: str) -> str:
    if scope.startswith(DAY_PREFIX):
        return f"on {scope.removeprefix(DAY_PREFIX)}"
    return "for this mission" if scope.startswith(MISSION_PREFIX) else "by the company"
