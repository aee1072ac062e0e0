"""How things are written on a terminal: statuses, tables, requests, and texts that others wrote."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from damascus.api.schemas import DeskItem, HealthStatus
from damascus.cli.standard_streams import ReaderGone, write_out
from damascus.core.money import format_usd
from damascus.core.records.desk_items import DeskItemKind
from damascus.core.records.missions import MissionStatus
from damascus.core.records.tasks import TaskStatus
from damascus.core.text import visible

REHEARSAL_NOTICE = "REHEARSAL: no model is configured; the staff plays a script and nothing it writes is real research."
ASSUMED_NOTICE = "~: the price of a model is not known and was assumed; `ceo doctor` says of which, and how to set it"
PIPE_WIDTH = 1000  # columns, where no terminal sets a width: a program that reads a table wants its cells whole
SECONDS_PER_MINUTE = 60
COLOURS: dict[str, str] = {  # of statuses; those that are not here have none
    MissionStatus.QUOTED: "yellow",
    MissionStatus.RUNNING: "cyan",
    MissionStatus.SUCCEEDED: "green",
    MissionStatus.FAILED: "red",
    MissionStatus.CANCELLED: "red",
    TaskStatus.CLAIMED: "cyan",
    TaskStatus.WORKING: "cyan",
    TaskStatus.PARKED: "yellow",
    TaskStatus.STOPPED: "yellow",
    TaskStatus.COMPLETED: "green",
    TaskStatus.FAILED: "red",
    TaskStatus.CANCELLED: "red",
    HealthStatus.OK: "green",
}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        if not self.stderr:
            raise ReaderGone
        self.quiet = True  # the result is still wanted


stdout = _Console(highlight=False, soft_wrap=True)
stderr = _Console(stderr=True, highlight=False, soft_wrap=True)


def coloured(status: str) -> str:
    """Return a status as markup."""
    colour = COLOURS.get(status)
    return f"[{colour}]{status}[/]" if colour else status


def print_json(value: Any) -> None:
    """Print a value, which may hold schemas, as the one thing on standard output.

    What drives a terminal or hides is escaped, as JSON lets every character be.
    """
    text = json.dumps(_plain(value), ensure_ascii=False)
    write_out("".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text) + "\n")


def format_cost(microusd: int, price_known: bool) -> str:
    """Return a cost, with a mark before it if the price of a model in it was assumed."""
    return format_usd(microusd) if price_known else f"~{format_usd(microusd)}"


def format_span(seconds: float) -> str:
    """Return how long something took: `9 s`, `1 m 05 s` or `2 h 03 m`."""
    whole = max(0, int(seconds))
    if whole < SECONDS_PER_MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, SECONDS_PER_MINUTE)
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left:02} m" if hours else f"{minutes} m {rest:02} s"


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """Print a plain table, or `empty` if there are no rows. Cells may hold markup: escape what others wrote."""
    if not rows:
        stdout.print(empty)
        return
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        grid.add_row(*row)
    if stdout.is_terminal:
        stdout.print(grid)
        return
    wide = Console(width=PIPE_WIDTH, highlight=False)
    with wide.capture() as drawn:
        wide.print(grid)
    write_out("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def escape_line(text: Any, max_chars: int = 0) -> str:
    """Return what others wrote as markup for one line that shows just that, at most `max_chars` long (0: no limit)."""
    line = printable_line(text)
    return escape(line if not max_chars or len(line) <= max_chars else line[: max_chars - 1] + "…")


def printable_line(text: Any) -> str:
    """Return what others wrote on one line, without the control characters that drive a terminal."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in str(text or "")).split())


def strip_controls(text: str) -> str:
    """Return a text of several lines that others wrote, without the control characters that drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text.replace("\r\n", "\n"))


def format_desk_item(item: DeskItem) -> str:
    """Return a request on the desk as markup: all of it, and the command that replies to it."""
    reply = f'ceo answer {item.id} "TEXT"' if item.kind == DeskItemKind.QUESTION else f"ceo approve {item.id}"
    return "\n    ".join([*escape(visible(item.text)).split("\n"), f"-> {reply}"])


def format_desk_head(item: DeskItem) -> str:
    """Return the beginning of a request as markup, for a place that may not show all; it says what shows the rest."""
    return f"{item.id}: {escape_line(item.text.partition(chr(10))[0], 200)}\n    -> ceo desk"


def _plain(value: Any) -> Any:
    """Return a value with every schema in it as a dictionary."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
