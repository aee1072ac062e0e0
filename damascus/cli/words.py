"""How things are said on a terminal: money, times, tables, results."""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from damascus.core.clock import SystemClock

REHEARSAL = "REHEARSAL: no model is configured; the staff plays a script and nothing it writes is real research."
screen = Console(highlight=False, soft_wrap=True)
asides = Console(stderr=True, highlight=False, soft_wrap=True)
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
    screen.print(grid, soft_wrap=not screen.is_terminal)


def plain(text: Any, limit: int = 0) -> str:
    """What others wrote, safe to print: no markup, no control characters, on one line, at most `limit` long."""
    line = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in str(text or "")).split())
    return escape(line if not limit or len(line) <= limit else line[: limit - 1] + "…")


def waiting(item: dict[str, Any]) -> str:
    """What to type for something that waits at the desk."""
    reply = f'ceo answer {item["id"]} "TEXT"' if item["kind"] == "question" else f"ceo approve {item['id']}"
    return f"{plain(item['text'], 300)}\n    -> {reply}"


def pause(seconds: float) -> None:
    """Wait between two looks at something that cannot tell when it changed."""
    asyncio.run(SystemClock().sleep(seconds))
