"""`ceo trail`: what a task left for others; of a planning task, why the plan is as it is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from damascus.api.schemas import Event, Task
from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, stdout
from damascus.cli.name_lookup import resolve_task
from damascus.cli.options import Json, load_settings
from damascus.core.records.tasks import TaskKind

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

SUBMIT_PLAN = "submit_plan"


def trail(task: Annotated[str, typer.Argument(help="Id or key, as `ceo show` lists it.")], json: Json = False) -> None:
    """Show the trail entries that a task left; of `plan`, why the plan is as it is."""
    office = find_office(load_settings())
    id = resolve_task(office, task)
    found = list(office.trail(id))
    if json:
        print_json(found)
        return
    shown = office.task(id)
    lines = list(_plan(office, shown)) if shown.kind == TaskKind.PLAN else []
    lines += [_line(entry) for entry in found]
    for line in lines or ["this task left no trail entries"]:
        stdout.print(line)


def _line(entry: Event) -> str:
    text = escape_line(entry.payload.get("text"))
    return f"\\[e{entry.entry}] {entry.kind} by {entry.author}: {text}"


def _plan(office: "OfficeClient", task: Task) -> Iterator[str]:
    """Yield a planning task's reasons, what was refused on the way, and the tasks that came of it."""
    if task.reason:
        yield escape_line(task.reason)
    if task.summary:
        yield escape_line(task.summary)
    refused = [turn for turn in office.turns(task.id) if turn.tool == SUBMIT_PLAN and turn.content]
    for turn in refused[: -1 if task.summary and not task.reason else None]:
        yield f"sent back: {escape_line(turn.content)}"
    others = [other for other in office.mission_tasks(task.mission_id) if other.kind == TaskKind.WORK]
    keys = {other.id: other.key for other in others}
    for other in others:
        needs = ", ".join(keys.get(id, id) for id in other.depends_on)
        yield f"  {other.key} ({other.role}): {escape_line(other.title)}" + (f", after {needs}" if needs else "")
