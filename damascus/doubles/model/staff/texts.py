"""Renders the staff's texts: reports and programs are Jinja templates beside this file."""

from functools import lru_cache
from pathlib import Path
from posixpath import dirname, relpath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from damascus.doubles.model.staff.business import InventedBusiness, load
from damascus.doubles.model.task_prompt_parser import ParsedResult, ParsedTask, ParsedTrailEntry

_HERE = Path(__file__).parent
MAX_LINE_CHARS = 400


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  Markdown and Python are written, never HTML
        keep_trailing_newline=True,
    )


def has_report(name: str) -> bool:
    """Return True if there is a template for a report of that name."""
    return name in load("findings.yaml")


def report(
    template: str, title: str, task: ParsedTask, business: InventedBusiness, cited: tuple[ParsedTrailEntry, ...]
) -> str:
    """Return a report in Markdown, with its citations in the text; the program lists them at its end."""

    def marks(*places: int) -> str:
        return "".join(f" [{cited[at].id}]" for at in places if at < len(cited))

    return render(
        f"reports/{template}.md.j2",
        business,
        title=title,
        directive_line=in_one_line(task.directive),
        description=task.description or title,
        results=[{**vars(result), "links": _links(result, task.results)} for result in task.results],
        marks=marks,
    )


def render(template: str, business: InventedBusiness, **more: Any) -> str:
    """Return a template filled in with the business's facts and `more`."""
    return (
        _environment()
        .get_template(template)
        .render(line=business.line, tier=business.price_tier, **{**business.facts(), **more})
    )


def in_one_line(text: str) -> str:
    """Return `text` on one line of at most MAX_LINE_CHARS characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_LINE_CHARS else f"{line[:MAX_LINE_CHARS]}..."


def _links(result: ParsedResult, everybody: tuple[ParsedResult, ...]) -> str:
    """Return links to a result in Markdown; the summary is in the folder of the mission's first report."""
    home = next((dirname(where) for each in everybody for kind, where in each.places if kind == "report"), "")
    reports = [relpath(where, home or ".") for kind, where in result.places if kind == "report"]
    repositories = [f"repository `{where}`" for kind, where in result.places if kind == "repository"]
    return ", ".join([*(f"[{path}]({path})" for path in reports), *repositories]) or "-"
