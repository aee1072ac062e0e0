"""A mission as it happens: a table that is drawn again on a terminal, plain lines elsewhere."""

from collections.abc import Callable
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from damascus.cli import words
from damascus.cli.exits import NotRunning, TimedOut
from damascus.cli.office import Event, Office
from damascus.core.clock import SystemClock

ENDED = ("succeeded", "failed", "cancelled")
TRAIL = ("log", "finding", "code_snippet", "summary", "error", "request_for_help", "status_update", "completion")
SHOWN_LINES = 8
REFRESH_SECONDS = 0.25
RECONNECT_TRIES = 40


class Watcher:
    """Follows one mission to its end; `timeout` in seconds, None for ever."""

    def __init__(self, office: Office, mission: str, timeout: float | None, console: Console | None) -> None:
        self._office = office
        self._mission = mission
        self._clock = SystemClock()
        self._deadline = None if timeout is None else self._clock.monotonic() + timeout
        self._console = console
        self._seq = 0
        self._lines: list[str] = []
        self._state: dict[str, Any] = {}
        self._titles: dict[str, str] = {}

    def follow(self) -> dict[str, Any]:
        """The mission when it has ended. Raises TimedOut, or NotRunning when the office is gone for good."""
        self._refresh()
        if self._console is None:
            return self._until_ended(lambda: None)
        if not self._console.is_terminal:
            return self._until_ended(self._print_lines)
        with Live(self._picture(), console=self._console, refresh_per_second=8, transient=True) as live:
            return self._until_ended(lambda: live.update(self._picture()))

    def _until_ended(self, show: Callable[[], None]) -> dict[str, Any]:
        failures, looked = 0, self._clock.monotonic()
        while self._state["status"] not in ENDED:
            before = self._seq
            for event in self._office.events(self._mission, self._seq):
                self._check_time()
                self._seq = max(self._seq, event.seq)
                self._note(event)
                if self._clock.monotonic() - looked > REFRESH_SECONDS or event.kind in ("mission", "desk", ""):
                    self._refresh()
                    looked = self._clock.monotonic()
                show()
                if self._state["status"] in ENDED:
                    break
            self._check_time()
            failures = 0 if self._seq > before else failures + 1
            self._look_again(failures)
        show()
        return self._state

    def _look_again(self, failures: int) -> None:
        """The stream ended: the office may be restarting."""
        try:
            self._refresh()
        except NotRunning:
            if failures > RECONNECT_TRIES:
                raise
            words.pause(0.25)

    def _check_time(self) -> None:
        if self._deadline is not None and self._clock.monotonic() > self._deadline:
            raise TimedOut(f"not done in time; the mission goes on: `ceo watch {self._state['slug']}` shows it")

    def _refresh(self) -> None:
        self._state = self._office.get(f"/api/missions/{self._mission}")
        self._titles = {task["id"]: task["title"] for task in self._state["tasks"]}

    def _note(self, event: Event) -> None:
        data = event.data
        payload = data.get("payload", {})
        title = words.plain(self._titles.get(data.get("task_id") or "", ""), 60)
        who = words.plain(data.get("author", ""))
        if event.kind in TRAIL:
            self._lines.append(f"{who}: {event.kind} {words.plain(payload.get('text'), 160)}")
        elif event.kind == "task" and payload.get("after") not in ("queued", "claimed", "waiting"):
            why = f": {words.plain(payload.get('reason'), 160)}" if payload.get("reason") else ""
            self._lines.append(f"{who}: {title or 'a task'} is {payload.get('after')}{why}")
        elif event.kind == "mission":
            self._lines.append(f"the mission is {payload.get('after')}")
        elif event.kind == "receipt":
            self._lines.append(
                f"receipt {'holds' if payload.get('ok') else 'missing'}: {words.plain(payload.get('text'), 160)}"
            )
        elif event.kind == "desk" and payload.get("after") == "open":
            item = {"id": payload["id"], "text": payload.get("reason"), "kind": ""}
            self._lines.append(f"WAITS FOR YOU: {words.plain(item['text'], 200)} (see `ceo inbox`)")
        elif event.kind == "budget":
            self._lines.append(f"budget {payload.get('what')}: {words.dollars(payload.get('spent', 0))} spent")

    def _print_lines(self) -> None:
        assert self._console is not None
        for line in self._lines:
            self._console.print(line)
        self._lines.clear()

    def _picture(self) -> Group:
        state = self._state
        grid = Table("who", "task", "state", "spent", box=None, pad_edge=False, header_style="bold")
        for task in state["tasks"]:
            grid.add_row(
                task["role"],
                words.plain(task["title"], 60),
                words.status(task["status"]),
                words.dollars(task["spent_microusd"]),
            )
        head = f"[bold]{state['slug']}[/]  {words.status(state['status'])}  {words.dollars(state['spent_microusd'])}"
        head += f" of {words.dollars(state['limit_microusd'])}" + (
            "  [yellow]rehearsal[/]" if state["rehearsal"] else ""
        )
        asks = [Text.from_markup(f"[yellow]WAITS FOR YOU[/] {words.waiting(item)}") for item in state["waiting"]]
        self._lines = self._lines[-SHOWN_LINES:]
        return Group(
            Text.from_markup(head), grid, *asks, *(Text.from_markup(f"[dim]{line}[/]") for line in self._lines)
        )
