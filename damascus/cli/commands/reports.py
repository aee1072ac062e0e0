"""`ceo reports`, `read`: what was found out and decided."""

from typing import Annotated

import typer

from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, print_table, stdout, strip_controls
from damascus.cli.name_lookup import resolve_mission, resolve_report
from damascus.cli.options import Json, MissionName, load_settings


def reports(mission: MissionName = None, json: Json = False) -> None:
    """List the reports of a mission, or of all."""
    office = find_office(load_settings())
    found = list(office.reports(resolve_mission(office, mission) if mission else None))
    if json:
        print_json(found)
        return
    rows = [
        [f"{report.mission_slug}/{report.name}", escape_line(report.author), escape_line(report.title, 70)]
        for report in found
    ]
    print_table(["report", "by", "title"], rows, "no reports yet")


def read(
    report: Annotated[str, typer.Argument(help="MISSION/NAME, or NAME in the newest mission that has it.")],
    json: Json = False,
) -> None:
    """Print a report."""
    office = find_office(load_settings())
    found = resolve_report(office, report)
    text = office.report(found.mission_id, found.name)
    if json:
        print_json(text)
    else:
        stdout.print(strip_controls(_without_front_matter(text.text)), markup=False)


def _without_front_matter(text: str) -> str:
    """Return what a person reads of a report's file; `--json` has all of it."""
    if text.startswith("---\n") and "\n---\n" in text:
        return text.partition("\n---\n")[2].lstrip("\n")
    return text
