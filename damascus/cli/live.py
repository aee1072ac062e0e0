"""A mission as it happens: a table that is drawn again on a terminal, plain lines elsewhere, nothing when told so."""

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from damascus.cli import words
from damascus.cli.exits import NotRunning, TimedOut
from damascus.cli.feed import Feed
from damascus.cli.office import Event, Office
from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import Unavailable
from damascus.core.events import TRAIL

ENDED = ("succeeded", "failed", "cancelled")
UNTOLD = ("queued", "claimed", "waiting")
SHOWN_LINES = 8
REFRESH_SECONDS = 0.25
LAST_LINES_SECONDS = 1.0


class Watcher:
    """Follows one mission to its end; `timeout` in seconds, None for ever; no console: says nothing."""

    def __init__(
        self, office: Office, mission: str, timeout: float | None, console: Console | None, clock: Clock | None = None
    ) -> None:
        self._office = office
        self._mission = mission
        self._clock = clock or SystemClock()
        self._deadline = None if timeout is None else self._clock.monotonic() + timeout
        self._console = console
        self._lines: list[str] = []
        self._told: set[str] = set()
        self._state: dict[str, Any] = {}

    @property
    def state(self) -> dict[str, Any]:
        """The mission as it was last seen."""
        return self._state

    def follow(self) -> dict[str, Any]:
        """The mission when it has ended. Raises TimedOut, or NotRunning when the office is gone for good."""
        self._refresh()
        drawn = self._console is not None and self._console.is_terminal
        if self._state["status"] in ENDED and (self._console is None or drawn):
            return self._state  # plain lines tell its story all the same
        feed = Feed(self._office, self._mission)
        if self._console is None or not drawn:
            self._until_ended(feed, None)
        else:
            with Live(self._picture(), console=self._console, refresh_per_second=8, transient=True) as live:
                self._until_ended(feed, live)
        return self._state

    def _until_ended(self, feed: Feed, live: Live | None) -> None:
        looked, stale = self._clock.monotonic(), False
        while self._state["status"] not in ENDED:
            found = feed.take(self._patience())
            self._check_time()
            stale = stale or bool(found)
            urgent = any(event.kind in ("mission", "desk") for event in found)
            if urgent or (stale and self._clock.monotonic() - looked >= REFRESH_SECONDS):
                self._refresh()
                looked, stale = self._clock.monotonic(), False
            self._tell(found, live)
        self._tell_the_end(feed, live)

    def _tell_the_end(self, feed: Feed, live: Live | None) -> None:
        """What the log still holds when the mission is seen to have ended."""
        until = self._clock.monotonic() + LAST_LINES_SECONDS
        while "end" not in self._told and self._clock.monotonic() < until:
            self._tell(feed.take(REFRESH_SECONDS), live)

    def _patience(self) -> float:
        left = REFRESH_SECONDS if self._deadline is None else self._deadline - self._clock.monotonic()
        return min(REFRESH_SECONDS, left)

    def _check_time(self) -> None:
        if self._deadline is not None and self._clock.monotonic() >= self._deadline:
            raise TimedOut(f"not done in time; the mission goes on: `ceo watch {self._state['slug']}` shows it")

    def _refresh(self) -> None:
        """Look at the mission; an office that is just being started again is the feed's to wait for."""
        try:
            self._state = self._office.get(f"/api/missions/{self._mission}")
        except (NotRunning, Unavailable):
            if not self._state:
                raise

    def _tell(self, found: list[Event], live: Live | None) -> None:
        titles = {task["id"]: task["title"] for task in self._state["tasks"]}
        for event in found:
            self._lines += _line(event, titles)
            if event.kind == "mission" and event.data["payload"]["after"] in ENDED:
                self._told.add("end")
        if live is not None:
            live.update(self._picture())
            return
        for item in self._state["waiting"]:
            if item["id"] not in self._told:
                self._told.add(item["id"])
                self._lines.append(f"WAITS FOR YOU: {words.waiting(item)}")
        if self._console is not None:
            for line in self._lines:
                self._console.print(line)
        self._lines.clear()

    def _picture(self) -> RenderableType:
        state = self._state
        grid = Table("who", "task", "state", "spent", box=None, pad_edge=False, header_style="bold")
        for task in state["tasks"]:
            who, spent = words.plain(task["role"]), words.dollars(task["spent_microusd"])
            grid.add_row(who, words.plain(task["title"], 60), words.status(task["status"]), spent)
        head = f"[bold]{state['slug']}[/]  {words.status(state['status'])}  {words.dollars(state['spent_microusd'])}"
        head += f" of {words.dollars(state['limit_microusd'])}"
        head += "  [yellow]rehearsal: no real model[/]" if state["rehearsal"] else ""
        asks = [Text.from_markup(f"[yellow]WAITS FOR YOU[/] {words.waiting(item)}") for item in state["waiting"]]
        self._lines = self._lines[-SHOWN_LINES:]
        said = [Text.from_markup(f"[dim]{line}[/]") for line in self._lines]
        return Group(Text.from_markup(head), grid, *asks, *said)


def _line(event: Event, titles: dict[str, str]) -> list[str]:
    """An event in words, as markup; empty for what only the table shows."""
    payload = event.data["payload"]
    who = words.plain(event.data["author"])
    if event.kind in TRAIL:
        return [f"{who}: {event.kind} {words.plain(payload.get('text'), 160)}"]
    if event.kind == "task" and payload["after"] not in UNTOLD:
        title = words.plain(titles.get(event.data["task_id"] or "", "a task"), 60)
        return [f"{who}: {title} is {payload['after']}{_why(payload)}"]
    if event.kind == "mission":
        return [f"the mission is {payload['after']}{_why(payload)}"]
    if event.kind == "receipt":
        return [f"receipt {'holds' if payload['ok'] else 'missing'}: {words.plain(payload['text'], 160)}"]
    if event.kind == "desk" and payload["after"] != "open":
        return [f"at your desk: {payload['after']}"]
    if event.kind == "forge":
        return [f"code at the forge: {payload['after']}{_why(payload)}"]
    if event.kind == "budget":
        return [f"budget {payload['what']}: {words.dollars(payload['spent'])} of {words.dollars(payload['limit'])}"]
    return []


def _why(payload: dict[str, Any]) -> str:
    return f": {words.plain(payload['reason'], 160)}" if payload.get("reason") else ""
