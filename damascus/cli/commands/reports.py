"""`ceo reports`, `read`: what was found out and decided; also while the company is down."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from damascus.api.schemas import Report, ReportText
from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, print_table, stderr, stdout, strip_controls
from damascus.cli.name_lookup import resolve_mission, resolve_report
from damascus.cli.options import Json, MissionName, load_settings
from damascus.cli.report_shelf import ReportShelf, say_where_from
from damascus.core.errors import Invalid, NotRunning
from damascus.core.settings import Settings
from damascus.documents.front_matter import split

Output = Annotated[Path | None, typer.Option(help="Where the page or PDF goes; default: beside the report.")]


def reports(mission: MissionName = None, json: Json = False) -> None:
    """List the reports of a mission, or of all."""
    found = _all(load_settings(), mission)
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
    html: Annotated[bool, typer.Option("--html", help="Write it as one HTML page, to show to somebody.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write it as a PDF.")] = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """Print a report, or write it as a page or a PDF with the charts of its tables."""
    if html and pdf:
        raise Invalid("--html and --pdf: give one of them")
    if output and not (html or pdf):
        raise Invalid("--output needs --html or --pdf; `ceo read NAME > FILE` writes the text")
    settings = load_settings()
    found = _one(settings, report)
    if html or pdf:
        _write(settings, found, "html" if html else "pdf", output, json)
    elif json:
        print_json(found)
    else:
        stdout.print(strip_controls(split(found.text)[1]), markup=False)


def _all(settings: Settings, mission: str | None) -> list[Report]:
    try:
        office = find_office(settings)
        return list(office.reports(resolve_mission(office, mission) if mission else None))
    except NotRunning:
        found = ReportShelf(settings.shared).reports(mission)
        say_where_from(settings.shared)
        return found


def _one(settings: Settings, name: str) -> ReportText:
    try:
        office = find_office(settings)
        found = resolve_report(office, name)
        return office.report(found.mission_id, found.name)
    except NotRunning:
        found = ReportShelf(settings.shared).find(name)
        say_where_from(settings.shared)
        return found


def _write(settings: Settings, report: ReportText, kind: str, output: Path | None, json: bool) -> None:
    """Write a report as a document, in one step, and say where it is."""
    content, missing = _document(report, kind)
    path = output or _beside(settings, report).with_suffix(f".{kind}")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Invalid(f"{path} cannot be written: {error.strerror}; give another place with --output") from None
    if json:
        print_json({"path": str(path.absolute()), "bytes": len(content), "missing_characters": missing})
        return
    stdout.print(f"written: {path.absolute()}", markup=False)
    if missing:
        stderr.print(f"the PDF's fonts lack {escape_line(missing)}; a page made with --html shows it")


def _document(report: ReportText, kind: str) -> tuple[bytes, str]:
    """Return a document's bytes, and the characters that its fonts lack."""
    # half a second to import, and no other command needs them
    from damascus.documents import document, html  # noqa: PLC0415

    found = document.read(report.text, report.title)
    if kind == "html":
        return html.render(found).encode(), ""
    from damascus.documents import pdf  # noqa: PLC0415

    made = pdf.render(found)
    return made.content, made.missing


def _beside(settings: Settings, report: ReportText) -> Path:
    """Return where the report is on this machine; of one that is elsewhere, a file of its name in this folder."""
    here = settings.shared / report.path
    return here if here.exists() else Path(f"{report.mission_slug}-{report.name}.md")
