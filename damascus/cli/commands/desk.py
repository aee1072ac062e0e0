"""`ceo desk`, `approve`, `deny`, `answer`: what waits for the CEO."""

from typing import Annotated

import typer

from damascus.api.schemas import DeskItem
from damascus.cli.connection import find_office
from damascus.cli.formatting import format_desk_item, print_json, stdout
from damascus.cli.name_lookup import resolve_desk_item
from damascus.cli.options import Json, load_settings, read_budget
from damascus.core.records.desk_items import DeskItemKind


def desk(json: Json = False) -> None:
    """Show what waits for you."""
    found = list(find_office(load_settings()).desk())
    if json:
        print_json(found)
        return
    for item in found:
        stdout.print(f"{item.kind}  from {item.role}: {format_desk_item(item)}")
    if not found:
        stdout.print("your desk is empty")


def approve(
    id: str,
    budget: Annotated[float | None, typer.Option(help="For a budget: the new limit in US dollars.")] = None,
    json: Json = False,
) -> None:
    """Permit what is asked, or raise a budget."""
    office = find_office(load_settings())
    limit = None if budget is None else read_budget(budget)
    item = office.approve(resolve_desk_item(office, id), limit)
    _confirm(item, f"approved {item.id}", json)


def deny(
    id: str,
    why: Annotated[str | None, typer.Option(help="The reason, for the agent to read.")] = None,
    json: Json = False,
) -> None:
    """Refuse what is asked."""
    office = find_office(load_settings())
    item = office.deny(resolve_desk_item(office, id), why)
    _confirm(item, f"denied {item.id}", json)
    if item.kind == DeskItemKind.BUDGET and not json:
        stdout.print("tasks that need this money stay parked; raise the limit later with `ceo budget MISSION USD`")


def answer(id: str, text: str, json: Json = False) -> None:
    """Answer a question; its task continues."""
    office = find_office(load_settings())
    item = office.answer(resolve_desk_item(office, id), text)
    _confirm(item, f"answered {item.id}; its task continues", json)


def _confirm(item: DeskItem, line: str, json: bool) -> None:
    if json:
        print_json(item)
    else:
        stdout.print(line)
