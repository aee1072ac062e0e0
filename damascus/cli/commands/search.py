"""`ceo search`: finds everything by its words."""

from typing import Annotated

import typer

from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, stdout
from damascus.cli.options import Json, load_settings


def search(
    words: Annotated[str, typer.Argument(help="All of these words, in any order.")],
    json: Json = False,
) -> None:
    """Find missions, tasks, trail entries, reports, pages, code and memories, and say how each is opened."""
    found = find_office(load_settings()).search(words)
    if json:
        print_json(found)
        return
    for hit in found.items:
        where = f"{hit.mission_slug}: " if hit.mission_slug else ""
        stdout.print(f"[bold]{hit.kind}[/]  {escape_line(where + hit.title, 120)}")
        stdout.print(f"  {escape_line(hit.excerpt, 220)}")
        stdout.print(f"  -> {escape_line(hit.command, 200)}")
    if not found.items:
        stdout.print("nothing has all of these words")
