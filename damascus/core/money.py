"""Money is whole micro-USD inside the company; people write and read US dollars."""

from damascus.core.records.budgets import BudgetUnit, unit_of

MICROUSD_PER_USD = 1_000_000
MAX_LIMIT_USD = 1_000_000  # of any limit: more is a slip of the hand
_MICROUSD_PER_CENT = MICROUSD_PER_USD // 100


def to_microusd(usd: float) -> int:
    """Return US dollars as micro-USD, rounded to the nearest; a positive amount is never rounded to nothing."""
    microusd = round(usd * MICROUSD_PER_USD)
    return max(1, microusd) if usd > 0 else microusd


def to_usd(microusd: int) -> float:
    """Return micro-USD as US dollars."""
    return microusd / MICROUSD_PER_USD


def format_usd(microusd: int) -> str:
    """Return an amount of micro-USD such as `$1.25`, with four decimals if it is not a whole number of cents."""
    return f"${to_usd(microusd):.{4 if microusd % _MICROUSD_PER_CENT else 2}f}"


def format_amount(scope: str, amount: int) -> str:
    """Return an amount as the limit of a scope counts it: `$1.25`, `300 calls` or `2,000,000 tokens`."""
    unit = unit_of(scope)
    if unit == BudgetUnit.MICROUSD:
        return format_usd(amount)
    return f"{amount:,} {unit.removesuffix('s') if amount == 1 else unit}"
