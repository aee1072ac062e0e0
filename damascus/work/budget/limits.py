"""The limits that every model call is reserved under: its mission's, the day's and the company's."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import partial
from zoneinfo import ZoneInfo

from damascus.core.errors import OverBudget
from damascus.core.money import MICROUSD_PER_USD, format_amount, to_microusd
from damascus.core.records.budgets import Budget, BudgetUnit, unit_of
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction

COMPANY = "company"
DAY_PREFIX = "day:"
DAY_PREFIXES = (DAY_PREFIX, f"{BudgetUnit.CALLS}:{DAY_PREFIX}", f"{BudgetUnit.TOKENS}:{DAY_PREFIX}")
MISSION_PREFIX = "mission:"
MAX_LIMIT_MICROUSD = 1_000_000 * MICROUSD_PER_USD  # stops a slip of the hand, and sums that the ledger could not hold


class LimitReached(OverBudget):
    """A model call does not fit under the limit of a budget.

    `need` is the most that it may cost, `least` what it costs at its shortest; in micro-USD. `passes`: it will fit, at
    its shortest at least, if calls in flight turn out to cost less than was reserved for them. `zone`: that of its day.
    """

    def __init__(self, budget: Budget, need: int, least: int | None = None, zone: str = "UTC") -> None:
        of, whom = partial(format_amount, budget.scope), _for_whom(budget.scope, zone)
        in_flight = f" and {of(budget.reserved)} reserved for calls in flight" if budget.reserved else ""
        if unit_of(budget.scope) == BudgetUnit.MICROUSD:
            text = f"spent{in_flight} {whom}; the next call may cost up to {of(need)}"
        else:
            text = f"used{in_flight} {whom}, at a free model; the next call may take {of(need)}"
        super().__init__(f"budget reached: {of(budget.spent)} of {of(budget.limit)} {text}")
        self.scope, self.limit, self.spent = budget.scope, budget.limit, budget.spent
        self.need, self.least = need, need if least is None else least

    @property
    def passes(self) -> bool:
        return self.spent + self.least <= self.limit


def day_scope(day: date | str) -> str:
    return f"{DAY_PREFIX}{day}"


def today(now: datetime, settings: Settings) -> date:
    """Return the day whose limit counts at `now`; it begins at midnight in `budget.time_zone`."""
    return now.astimezone(ZoneInfo(settings.budget.time_zone)).date()


def begin_of_day(now: datetime, settings: Settings) -> datetime:
    """Return when the day began whose limit counts at `now`."""
    return datetime.combine(today(now, settings), time(), ZoneInfo(settings.budget.time_zone))


def mission_scope(mission_id: str) -> str:
    return f"{MISSION_PREFIX}{mission_id}"


def free_scopes(unit: BudgetUnit, mission_id: str, day: str) -> tuple[str, str]:
    """Return the scopes that a mission's call of a free model counts under, in calls or in tokens."""
    return (f"{unit}:{day_scope(day)}", f"{unit}:{mission_scope(mission_id)}")


def of_any_day(scope: str) -> str | None:
    """Return what the scopes of all days begin with that count the same as this one; None if it is not one of a day."""
    unit = unit_of(scope)
    prefix = DAY_PREFIX if unit == BudgetUnit.MICROUSD else f"{unit}:{DAY_PREFIX}"
    return prefix if scope.startswith(prefix) else None


def configured(scope: str, settings: Settings) -> int:
    """Return the limit that the settings say for the scope of a day or a mission."""
    of_day, budget = of_any_day(scope) is not None, settings.budget
    match unit_of(scope):
        case BudgetUnit.CALLS:
            return budget.day_calls if of_day else budget.mission_calls
        case BudgetUnit.TOKENS:
            return budget.day_tokens if of_day else budget.mission_tokens
    return to_microusd(budget.day if of_day else budget.mission)


def scopes_of(mission_id: str, day: str) -> tuple[str, str, str]:
    """Return the scopes that a mission's call on a day counts under."""
    return (COMPANY, day_scope(day), mission_scope(mission_id))


async def reserve(
    tx: Transaction, scopes: Sequence[str], worst: int, least: int, zone: str = "UTC"
) -> int | LimitReached:
    """Reserve the worst case of a call under all the scopes, which must exist; returns the amount that is reserved.

    A call whose worst case will never fit, because too much is spent, gets what is free if that is at least `least`.
    Nothing is reserved if a LimitReached is returned. All in micro-USD; `zone` is where a day begins.
    """
    if await tx.budgets.reserve(scopes, worst):
        return worst
    rows = await tx.budgets.list(*scopes)
    tightest = min(rows, key=lambda row: row.limit - row.spent)
    if tightest.spent + worst > tightest.limit:
        free = min(row.limit - row.spent - row.reserved for row in rows)
        if free >= least and await tx.budgets.reserve(scopes, free):
            return free
    return LimitReached(tightest, worst, least, zone)


async def reserve_free(
    tx: Transaction, mission_id: str, day: str, tokens: int, settings: Settings
) -> LimitReached | None:
    """Reserve a call of a free model and its tokens, for the mission and the day, or nothing if there is no room."""
    done: list[tuple[tuple[str, str], int]] = []
    for unit, amount in ((BudgetUnit.CALLS, 1), (BudgetUnit.TOKENS, tokens)):
        scopes = free_scopes(unit, mission_id, day)
        for scope in scopes:
            await tx.budgets.ensure(scope, configured(scope, settings), tx.now)
        reached = await reserve(tx, scopes, amount, amount, settings.budget.time_zone)
        if isinstance(reached, LimitReached):
            for earlier, reserved in done:
                await tx.budgets.settle(earlier, reserved, 0)
            return reached
        done.append((scopes, amount))
    return None


async def ensure_company_limit(tx: Transaction, settings: Settings) -> bool:
    """Create the company's limit, or set it to the one in config.yaml if that has changed since; True if it was set.

    A limit that the CEO set outlives any number of restarts: config.yaml says the same as before.
    """
    limit = to_microusd(settings.budget.company)
    await tx.budgets.ensure(COMPANY, limit, tx.now)
    budget = await tx.budgets.get(COMPANY)
    if budget.configured == limit:
        return False
    is_changed = budget.configured is not None  # else it was made before this was noted, and may be the CEO's
    if is_changed:
        await tx.budgets.set_limit(COMPANY, limit)
    await tx.budgets.note_configured(COMPANY, limit)
    return is_changed


def _for_whom(scope: str, zone: str) -> str:
    if (prefix := of_any_day(scope)) is not None:
        return f"on {scope.removeprefix(prefix)} ({zone})"
    return "by the company" if scope == COMPANY else "for this mission"
