"""`budget`: the limits in US dollars that a company starts with; `ceo budget` changes them at any time."""

from pydantic import Field

from damascus.core.settings.section import Dollars, Section


class BudgetSettings(Section):
    """US dollars. No model call is made that could pass one of the three limits."""

    mission: Dollars = Field(2.0, description="USD that one mission may spend, unless its directive sets a limit")
    day: Dollars = Field(20.0, description="USD that all missions may spend on one day (UTC)")
    company: Dollars = Field(200.0, description="USD that the company may spend in all")
    warn_at: float = Field(0.8, gt=0, le=1, description="share of a limit (0..1) at which the CEO is warned")
