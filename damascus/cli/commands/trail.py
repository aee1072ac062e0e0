"""`ceo trail`: what a task left for others."""

from typing import Annotated

import typer

from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, stdout
from damascus.cli.name_lookup import resolve_task
from damascus.cli.options import Json, load_settings


def trail(task: Annotated[str, typer.Argument(help="Id or key, as `ceo show` lists it.")], json: Json = False) -> None:
    """Show the trail entries that a task left."""
    office = find_office(load_settings())
    found = list(office.trail(resolve_task(office, task)))
    if json:
        print_json(found)
        return
    for entry in found:
        text = escape_line(entry.payload.get("text"))
        stdout.print(f"\\[e{entry.entry}] {entry.kind} by {entry.author}: {text}")
    if not found:
        stdout.print("this task left no trail entries")
