"""`ceo budget`: limits of missions, of today and of the company, and what is spent and reserved under them."""

from typing import Annotated

import typer

from damascus.api.client import OfficeClient
from damascus.api.schemas import Budget, Mission, Scope
from damascus.cli.connection import find_office
from damascus.cli.formatting import print_json, print_table, stdout
from damascus.cli.name_lookup import resolve_mission
from damascus.cli.options import Json, load_settings, read_budget
from damascus.core.money import format_usd

SCOPES: dict[str, Scope] = {"day": "day", "company": "company"}


def budget(
    what: Annotated[
        str | None, typer.Argument(help="A mission; or `day` or `company`; without: show all.", metavar="MISSION")
    ] = None,
    usd: Annotated[float | None, typer.Argument(help="The new limit in US dollars; without: show it.")] = None,
    json: Json = False,
) -> None:
    """Show what is spent and reserved, or set a spending limit at any time; tasks parked for it resume."""
    office = find_office(load_settings())
    if what is None:
        _show_all(office, json)
        return
    limit = None if usd is None else read_budget(usd, "USD")
    name, found = _of_scope(office, SCOPES[what], limit) if what in SCOPES else _of_mission(office, what, limit)
    spent, reserved, limit = found.spent_microusd, found.reserved_microusd, found.limit_microusd
    if json:
        print_json({"of": name, "limit_microusd": limit, "spent_microusd": spent, "reserved_microusd": reserved})
    else:
        stdout.print(f"{name}: {format_usd(spent)} spent{_reserved(reserved)} of {format_usd(limit)}")


def _of_scope(office: OfficeClient, scope: Scope, limit: int | None) -> tuple[str, Budget]:
    if limit is not None:
        return scope, office.set_budget(scope, limit)
    found = office.budget()
    return scope, found.day if scope == "day" else found.company


def _of_mission(office: OfficeClient, name: str, limit: int | None) -> tuple[str, Mission]:
    id = resolve_mission(office, name)
    found = office.mission(id) if limit is None else office.set_mission_budget(id, limit)
    return found.slug, found


def _reserved(microusd: int) -> str:
    return f", {format_usd(microusd)} reserved for calls in flight," if microusd else ""


def _show_all(office: OfficeClient, json: bool) -> None:
    found = office.budget()
    if json:
        print_json(found)
        return
    missions = {f"mission:{mission.id}": mission.slug for mission in office.missions() if not mission.finished_at}
    names = {found.company.scope: "company", found.day.scope: f"{found.day.scope} ({found.time_zone})", **missions}
    budgets = [row for row in (found.company, found.day, *found.missions) if row.scope in names]
    rows = [
        [names[row.scope], *map(format_usd, (row.spent_microusd, row.reserved_microusd, row.limit_microusd))]
        for row in budgets
    ]
    print_table(["", "spent", "reserved", "limit"], rows, "")
