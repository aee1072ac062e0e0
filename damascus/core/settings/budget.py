"""`budget`: the limits in US dollars that a company starts with; `ceo budget` changes them at any time."""

from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from damascus.core.settings.section import Count, Dollars, Section


class BudgetSettings(Section):
    """US dollars. No model call is made that could pass one of the three limits.

    Where a call costs nothing, calls and tokens are limited instead, per mission and day.
    """

    mission: Dollars = Field(2.0, description="USD that one mission may spend, unless its directive sets a limit")
    day: Dollars = Field(20.0, description="USD that all missions may spend on one day")
    time_zone: str = Field("UTC", description="where a day begins at midnight, such as `Europe/Berlin`")
    company: Dollars = Field(200.0, description="USD that the company may spend in all")
    mission_calls: Count = Field(500, description="calls of free models that one mission may make")
    mission_tokens: Count = Field(20_000_000, description="tokens of free models that one mission may use")
    day_calls: Count = Field(5_000, description="calls of free models that all missions may make on one day")
    day_tokens: Count = Field(200_000_000, description="tokens of free models that all missions may use on one day")
    warn_at: float = Field(0.8, gt=0, le=1, description="share of a limit (0..1) at which the CEO is warned")

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, LookupError, OSError):
            raise ValueError(f"there is no time zone {name[:60]!r}; expected a name such as Europe/Berlin") from None
        return name
