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
    # without a mission one entry may stand for several pages
    missions = {} if mission else {one.id: f"{one.slug}/" for one in office.missions()}
    rows = [
        [f"{missions.get(page.mission_id, '')}{page.ref}", escape_line(page.title, 50), escape_line(page.final_url, 80)]
        for page in found
    ]
    print_table(["entry", "title", "address"], rows, "no pages were read yet")


def source(
    entry: Annotated[
        str, typer.Argument(help="MISSION/ENTRY, or ENTRY in the newest mission that read a page there, such as e17.")
    ],
    json: Json = False,
) -> None:
    """Print a page as it was when it was read."""
    office = find_office(load_settings())
    mission, _, ref = entry.rpartition("/")
    page = office.source(ref, resolve_mission(office, mission) if mission else None)
    if json:
        print_json(page)
        return
    about = ", ".join(filter(None, (page.title, page.author, page.date)))
    stdout.print(escape_line(f"{page.ref}: {about}"), markup=False)
    stdout.print(escape_line(f"{page.final_url}, read {page.created_at:%Y-%m-%d %H:%M %Z}", 2_000), markup=False)
    stdout.print(f"SHA-256 of the text: {page.text_sha256}\n", markup=False)
    stdout.print(strip_controls(page.text), markup=False)
