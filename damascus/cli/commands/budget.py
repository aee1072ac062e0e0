"""`ceo budget`: limits of missions, of today and of the company, and what is spent and reserved under them."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from damascus.api.client import OfficeClient
from damascus.api.schemas import Allowance, Budget, BudgetOverview, Mission, Scope
from damascus.cli.connection import find_office
from damascus.cli.formatting import ASSUMED_NOTICE, format_cost, print_json, print_table, stdout
from damascus.cli.name_lookup import resolve_mission
from damascus.cli.options import Json, load_settings, read_budget
from damascus.core.money import format_usd

SCOPES: dict[str, Scope] = {"day": "day", "company": "company"}
NewLimits = dict[str, int | None]


def budget(
    what: Annotated[
        str | None, typer.Argument(help="A mission; or `day` or `company`; without: show all.", metavar="MISSION")
    ] = None,
    usd: Annotated[float | None, typer.Argument(help="The new limit in US dollars; without: show it.")] = None,
    calls: Annotated[int | None, typer.Option(min=1, help="The new limit of calls of free models.")] = None,
    tokens: Annotated[int | None, typer.Option(min=1, help="The new limit of tokens of free models.")] = None,
    json: Json = False,
) -> None:
    """Show what is spent and reserved, or set a spending limit at any time; tasks parked for it resume."""
    office = find_office(load_settings())
    if what is None:
        _show_all(office, json)
        return
    limits: NewLimits = {"limit_microusd": None if usd is None else read_budget(usd, "USD")}
    limits |= {"calls": calls, "tokens": tokens}
    name, found, free = _of_scope(office, SCOPES[what], limits) if what in SCOPES else _of_mission(office, what, limits)
    spent, reserved, limit = found.spent_microusd, found.reserved_microusd, found.limit_microusd
    if json:
        figures = {"limit_microusd": limit, "spent_microusd": spent, "reserved_microusd": reserved}
        print_json(
            {"of": what if what in SCOPES else name, **figures, "price_known": found.price_known, "allowances": free}
        )
        return
    cost = format_cost(spent, found.price_known)
    stdout.print(f"{name}: {cost} spent{_reserved(reserved)} of {format_usd(limit)}")
    for row in free:
        stdout.print(f"{name}: {row.used:,} of {row.limit:,} {row.unit} used at free models")
    if not found.price_known:
        stdout.print(ASSUMED_NOTICE)


def _of_scope(office: OfficeClient, scope: Scope, limits: NewLimits) -> tuple[str, Budget, Sequence[Allowance]]:
    changed = office.set_budget(scope, **limits) if any(limits.values()) else None
    if changed is not None and not (limits["calls"] or limits["tokens"]):
        zone = office.budget().time_zone if scope == "day" else ""
        return _scope_name(scope, changed, zone), changed, []
    overview = office.budget()
    found = overview.day if scope == "day" else overview.company
    name = _scope_name(scope, found, overview.time_zone)
    return name, found, [row for row in overview.allowances if row.scope == found.scope]


def _scope_name(scope: Scope, found: Budget, zone: str) -> str:
    return f"{found.scope} ({zone})" if scope == "day" else scope


def _of_mission(office: OfficeClient, name: str, limits: NewLimits) -> tuple[str, Mission, Sequence[Allowance]]:
    id = resolve_mission(office, name)
    found = office.set_mission_budget(id, **limits) if any(limits.values()) else office.mission(id)
    return found.slug, found, found.allowances


def _reserved(microusd: int) -> str:
    return f", {format_usd(microusd)} reserved for calls in flight," if microusd else ""


def _show_all(office: OfficeClient, json: bool) -> None:
    found = office.budget()
    if json:
        print_json(found)
        return
    missions = {f"mission:{mission.id}": mission.slug for mission in office.missions() if not mission.finished_at}
    names = {found.company.scope: "company", found.day.scope: f"{found.day.scope} ({found.time_zone})", **missions}
    print_table(["", "spent", "reserved", "limit"], list(_rows(found, names)), "")
    if not (found.company.price_known and found.day.price_known):
        stdout.print(ASSUMED_NOTICE)


def _rows(found: BudgetOverview, names: dict[str, str]) -> Iterator[list[str]]:
    for row in (found.company, found.day, *found.missions):
        if row.scope in names:
            spent = format_cost(row.spent_microusd, row.price_known)
            yield [names[row.scope], spent, format_usd(row.reserved_microusd), format_usd(row.limit_microusd)]
    for free in found.allowances:
        if free.scope in names:
            yield [f"{names[free.scope]}: {free.unit}", f"{free.used:,}", f"{free.reserved:,}", f"{free.limit:,}"]
