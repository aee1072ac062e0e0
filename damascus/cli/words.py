"""How things are said on a terminal: money, times, tables, results."""

import json
import sys
import threading
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

REHEARSAL = "REHEARSAL: no model is configured; the staff plays a script and nothing it writes is real research."
screen = Console(highlight=False, soft_wrap=True)
asides = Console(stderr=True, highlight=False, soft_wrap=True)
UNCUT = 1000  # columns, where no terminal sets a width: a program that reads a table wants its cells whole
COLOURS = {
    "succeeded": "green", "completed": "green", "ok": "green", "running": "cyan", "working": "cyan", "claimed": "cyan",
    "failed": "red", "cancelled": "red", "parked": "yellow",
}  # fmt: skip


def dollars(microusd: int) -> str:
    return f"${microusd / 1_000_000:.4f}"


def status(word: str) -> str:
    colour = COLOURS.get(word)
    return f"[{colour}]{word}[/]" if colour else word


def as_json(data: Any) -> None:
    """The one thing on standard output."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=None) + "\n")


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """A plain table, or `empty` when there are no rows. Cells may hold markup: escape what others wrote."""
    if not rows:
        screen.print(empty)
        return
    grid = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        grid.add_row(*row)
    if screen.is_terminal:
        screen.print(grid)
        return
    wide = Console(width=UNCUT, highlight=False)
    with wide.capture() as drawn:
        wide.print(grid)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in drawn.get().splitlines())


def plain(text: Any, limit: int = 0) -> str:
    """What others wrote as markup that shows just that: `one_line`, at most `limit` long, nothing in it is a tag."""
    line = one_line(text)
    return escape(line if not limit or len(line) <= limit else line[: limit - 1] + "…")


def one_line(text: Any) -> str:
    """What others wrote on one line, without the control characters that drive a terminal."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in str(text or "")).split())


def plain_text(text: str) -> str:
    """A text of several lines that others wrote, without the control characters that drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text.replace("\r\n", "\n"))


def waiting(item: dict[str, Any]) -> str:
    """What to type for something that waits at the desk."""
    reply = f'ceo answer {item["id"]} "TEXT"' if item["kind"] == "question" else f"ceo approve {item['id']}"
    return f"{plain(item['text'], 300)}\n    -> {reply}"


def pause(seconds: float) -> None:
    """Wait between two looks at something that cannot tell when it changed."""
    threading.Event().wait(seconds)
