"""`ceo sources`, `source`: the pages that missions read, as they were."""

from typing import Annotated

import typer

from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, print_table, stdout, strip_controls
from damascus.cli.name_lookup import resolve_mission
from damascus.cli.options import Json, MissionName, load_settings


def sources(mission: MissionName = None, json: Json = False) -> None:
    """List the pages that a mission read, or all."""
    office = find_office(load_settings())
    found = list(office.sources(resolve_mission(office, mission) if mission else None))
    if json:
        print_json(found)
        return
    rows = [[page.ref, escape_line(page.title, 50), escape_line(page.final_url, 80)] for page in found]
    print_table(["entry", "title", "address"], rows, "no pages were read yet")


def source(
    entry: Annotated[str, typer.Argument(help="The page's entry on the trail, such as e17.")], json: Json = False
) -> None:
    """Print a page as it was when it was read."""
    page = find_office(load_settings()).source(entry)
    if json:
        print_json(page)
        return
    about = ", ".join(filter(None, (page.title, page.author, page.date)))
    stdout.print(escape_line(f"{page.ref}: {about}"), markup=False)
    stdout.print(escape_line(f"{page.final_url}, read {page.created_at:%Y-%m-%d %H:%M %Z}", 2_000), markup=False)
    stdout.print(f"SHA-256 of the text: {page.text_sha256}\n", markup=False)
    stdout.print(strip_controls(page.text), markup=False)
