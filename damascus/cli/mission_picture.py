"""A running mission as a picture that a terminal draws again and again: money, tasks, what waits, the last lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from damascus.api.schemas import Event, MissionDetail, Task
from damascus.cli.formatting import coloured, escape_line, format_cost, format_desk_head, format_span
from damascus.core.errors import Invalid
from damascus.core.events import EventKind, TurnTaken, read_payload
from damascus.core.money import format_usd
from damascus.core.records.missions import MissionStatus
from damascus.core.records.tasks import TaskStatus

MIN_PICTURE_COLUMNS = 80
MAX_TITLE_CHARS = 44
MAX_DOING_CHARS = 40
MAX_TOLD_LINES = 8
MAX_REQUESTS = 3
BAR_CELLS = 24
WARNED_PERCENT = 80
DOING: dict[str, str] = {  # what an agent is at when it calls a tool, or several
    "run_command": "runs a command",
    "background_command": "looks after a command",
    "screenshot": "looks at a page",
    "write_report": "writes its report",
    "read_report": "reads a report",
    "write_file": "writes files",
    "edit_file": "edits files",
    "read_file": "reads files",
    "search_files": "searches files",
    "leave_trail": "notes what it found",
    "read_trail": "reads the trail",
    "web_search": "searches the web",
    "fetch_page": "reads a page",
    "create_repository": "opens the repository",
    "commit": "commits",
    "push": "has its tests run, and pushes",
    "ask": "asks",
    "delegate": "delegates",
    "finish": "is checked",
    "submit_plan": "submits the plan",
}


def can_draw(console: Console) -> bool:
    """Return True if a picture can be drawn there; elsewhere plain lines are told.

    That is a terminal which is not dumb or too narrow, shows UTF-8, and whose user has nothing against colours.
    """
    shows = (console.encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")
    return (
        console.is_terminal and not console.is_dumb_terminal and not console.no_color and shows
        and console.width >= MIN_PICTURE_COLUMNS
    )  # fmt: skip


class Activities:
    """What each task was last seen at, by its events."""

    def __init__(self) -> None:
        self._doing: dict[str, str] = {}

    def note(self, event: Event) -> None:
        """Take from an event what its task is at; most say nothing of it."""
        if event.task_id is None or event.kind != EventKind.TURN:
            return
        try:
            payload = read_payload(event.kind, event.payload)
        except Invalid:
            return  # a newer office's
        if isinstance(payload, TurnTaken):
            called = (DOING.get(tool, tool.replace("_", " ")) for tool in payload.tools)
            self._doing[event.task_id] = ", ".join(dict.fromkeys(called)) or "thinks"

    def of(self, task: Task) -> str:
        return self._doing.get(task.id, "begins")


def draw(
    mission: MissionDetail, activities: Activities, told: Sequence[str], now: datetime, height: int
) -> RenderableType:
    """Return the picture, at most `height` rows as far as that depends on what was told; `told` is markup."""
    asks = [f"[yellow]WAITING FOR YOU[/] {format_desk_head(item)}" for item in mission.waiting[:MAX_REQUESTS]]
    if len(mission.waiting) > MAX_REQUESTS:
        asks.append(f"[yellow]and {len(mission.waiting) - MAX_REQUESTS} more requests: `ceo desk`[/]")
    waits = [f"[yellow]{escape_line(mission.model_wait)}[/]"] if mission.model_wait else []
    head = [_head(mission), _money(mission), ""]
    checks = _checks(mission)
    used = len(head) + 1 + len(mission.tasks) + len(checks) + len(waits) + sum(1 + ask.count("\n") for ask in asks)
    shown = told[-max(1, min(MAX_TOLD_LINES, height - used - 2)) :]
    lines = [*checks, *waits, *asks, *(f"[dim]{line}[/]" for line in shown)]
    return Group(*map(_text, head), _tasks(mission, activities, now), *map(_text, lines))


def _text(line: str) -> Text:
    text = Text.from_markup(line)
    text.no_wrap, text.overflow = "WAITING FOR YOU" not in line, "ellipsis"
    return text


def _head(mission: MissionDetail) -> str:
    head = f"[bold]{mission.slug}[/]  {coloured(mission.status)}  {format_span(mission.seconds)}"
    return head + ("  [yellow]rehearsal: no real model[/]" if mission.rehearsal else "")


def _money(mission: MissionDetail) -> str:
    """Return a bar of what was spent of the limit, and in words what the bar says."""
    limit = max(mission.limit_microusd, 1)
    share = mission.spent_microusd / limit
    cells = min(BAR_CELLS, round(share * BAR_CELLS))
    colour = "red" if share >= 1 else "yellow" if share * 100 >= WARNED_PERCENT else "green"
    bar = f"[{colour}]{'━' * cells}[/][dim]{'━' * (BAR_CELLS - cells)}[/]"
    cost = format_cost(mission.spent_microusd, mission.price_known)
    words = f"{bar} {cost} of {format_usd(mission.limit_microusd)} ({share:.0%})"
    if mission.reserved_microusd:
        words += f", {format_usd(mission.reserved_microusd)} reserved"
    words += "".join(f"  {row.used:,} of {row.limit:,} {row.unit}" for row in mission.allowances)
    return words + ("" if mission.price_known else "  [yellow]a price is not known: `ceo doctor`[/]")


def _tasks(mission: MissionDetail, activities: Activities, now: datetime) -> Table:
    grid = Table("who", "task", "status", "time", "at work on, or waits for", "spent", box=None, pad_edge=False,
                 header_style="bold")  # fmt: skip
    for column in grid.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    titles = {task.id: task.title for task in mission.tasks}
    ended = mission.status in MissionStatus.ENDED
    for task in mission.tasks:
        until = task.finished_at or (None if ended else now)
        span = format_span((until - task.started_at).total_seconds()) if task.started_at and until else ""
        grid.add_row(
            escape_line(task.role), escape_line(task.title, MAX_TITLE_CHARS), coloured(task.status), span,
            escape_line(_doing(task, activities, titles), MAX_DOING_CHARS),
            format_cost(task.spent_microusd, task.price_known),
        )  # fmt: skip
    return grid


def _doing(task: Task, activities: Activities, titles: Mapping[str, str]) -> str:
    match task.status:
        case TaskStatus.WORKING | TaskStatus.CLAIMED | TaskStatus.CHECKING:
            return activities.of(task)
        case TaskStatus.WAITING:
            return ", ".join(titles.get(id, id) for id in task.depends_on)
        case TaskStatus.QUEUED:
            return "its worker"
        case _:
            return task.reason or ""


def _checks(mission: MissionDetail) -> list[str]:
    """Return what the program has checked: how many checks hold, and which do not."""
    counted = [receipt for receipt in mission.receipts if receipt.standing]
    failed = [receipt for receipt in counted if not receipt.ok]
    if not counted:
        return []
    last = f"; the last: {escape_line(counted[-1].text, 100)}" if not failed else ""
    lines = [f"[green]checked[/] {len(counted) - len(failed)} of {len(counted)} hold{last}"]
    return lines + [f"[red]does not hold[/] {escape_line(receipt.text, 140)}" for receipt in failed[-2:]]
