"""`ceo budget`: limits of missions, of today and of the company."""

from typing import Annotated

import typer

from damascus.api.schemas import Scope
from damascus.cli.connection import find_office
from damascus.cli.formatting import print_json, stdout
from damascus.cli.name_lookup import resolve_mission
from damascus.cli.options import Json, load_settings, read_budget
from damascus.core.money import format_usd

SCOPES: dict[str, Scope] = {"day": "day", "company": "company"}


def budget(
    what: Annotated[str, typer.Argument(help="A mission; or `day` or `company`.", metavar="MISSION")],
    usd: Annotated[float, typer.Argument(help="The new limit in US dollars.")],
    json: Json = False,
) -> None:
    """Set a spending limit at any time; tasks parked for it resume."""
    office, limit = find_office(load_settings()), read_budget(usd, "USD")
    if what in SCOPES:
        budget = office.set_budget(SCOPES[what], limit)
        name, spent, limit = what, budget.spent_microusd, budget.limit_microusd
    else:
        mission = office.set_mission_budget(resolve_mission(office, what), limit)
        name, spent, limit = mission.slug, mission.spent_microusd, mission.limit_microusd
    if json:
        print_json({"of": name, "limit_microusd": limit, "spent_microusd": spent})
    else:
        stdout.print(f"{name}: {format_usd(spent)} spent of {format_usd(limit)}")
