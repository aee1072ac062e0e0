"""`ceo watch`: a mission as it happens: a table that is drawn again on a terminal, plain lines elsewhere."""

from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from damascus.api.schemas import Event, MissionDetail
from damascus.cli.event_feed import EventFeed
from damascus.cli.event_lines import ends_mission, format_event
from damascus.cli.exit_codes import TimedOut
from damascus.cli.formatting import coloured, escape_line, format_cost, format_desk_head, format_desk_item
from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import NotRunning, Unavailable
from damascus.core.events import EventKind
from damascus.core.money import format_usd
from damascus.core.records.missions import MissionStatus

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

MAX_SHOWN_LINES = 8
REFRESH_SECONDS = 0.25
LAST_LINES_SECONDS = 1.0


class MissionWatcher:
    """Follows one mission to its end; `timeout` in seconds, None for ever; without a console it prints nothing."""

    def __init__(
        self,
        office: "OfficeClient",
        mission: MissionDetail,
        timeout: float | None,
        console: Console | None,
        clock: Clock | None = None,
    ) -> None:
        self._office = office
        self._clock = clock or SystemClock()
        self._deadline = None if timeout is None else self._clock.monotonic() + timeout
        self._console = console
        self._lines: list[str] = []
        self._told: set[str] = set()
        self.mission = mission  # as it was last seen

    def follow(self) -> MissionDetail:
        """Return the mission when it has ended. Raises TimedOut, or NotRunning if the office does not come back."""
        drawn = self._console is not None and self._console.is_terminal
        if self.mission.status in MissionStatus.ENDED and (self._console is None or drawn):
            return self.mission  # plain lines tell its story all the same
        feed = EventFeed(self._office, self.mission.id)
        if self._console is None or not drawn:
            self._until_ended(feed, None)
        else:
            with Live(self._picture(), console=self._console, refresh_per_second=8, transient=True) as live:
                self._until_ended(feed, live)
        return self.mission

    def _until_ended(self, feed: EventFeed, live: Live | None) -> None:
        looked, stale = self._clock.monotonic(), False
        while self.mission.status not in MissionStatus.ENDED:
            found = feed.take(self._wait_seconds())
            self._check_time()
            stale = stale or bool(found)
            urgent = any(event.kind in (EventKind.MISSION, EventKind.DESK) for event in found)
            if urgent or (stale and self._clock.monotonic() - looked >= REFRESH_SECONDS):
                self._refresh()
                looked, stale = self._clock.monotonic(), False
            self._tell(found, live)
        self._tell_the_end(feed, live)

    def _tell_the_end(self, feed: EventFeed, live: Live | None) -> None:
        """Tell what the log still holds when the mission is seen to have ended."""
        until = self._clock.monotonic() + LAST_LINES_SECONDS
        while "end" not in self._told and self._clock.monotonic() < until:
            self._tell(feed.take(REFRESH_SECONDS), live)

    def _wait_seconds(self) -> float:
        left = REFRESH_SECONDS if self._deadline is None else self._deadline - self._clock.monotonic()
        return min(REFRESH_SECONDS, left)

    def _check_time(self) -> None:
        if self._deadline is not None and self._clock.monotonic() >= self._deadline:
            self._refresh()  # what it costs by now is what is printed
            raise TimedOut(f"timed out; the mission continues: follow it with `ceo watch {self.mission.slug}`")

    def _refresh(self) -> None:
        """Look at the mission; an office that is just being started again is the feed's to wait for."""
        try:
            self.mission = self._office.mission(self.mission.id)
        except (NotRunning, Unavailable):
            return

    def _tell(self, found: list[Event], live: Live | None) -> None:
        titles = {task.id: task.title for task in self.mission.tasks}
        for event in found:
            line = format_event(event, titles)
            self._lines += [line] if line is not None else []
            if ends_mission(event):
                self._told.add("end")
        if live is not None:
            live.update(self._picture())
            return
        for item in self.mission.waiting:
            if item.id not in self._told:
                self._told.add(item.id)
                self._lines.append(f"WAITING FOR YOU: {format_desk_item(item)}")
        if self._console is not None:
            for line in self._lines:
                self._console.print(line)
        self._lines.clear()

    def _picture(self) -> RenderableType:
        mission = self.mission
        grid = Table("who", "task", "status", "spent", box=None, pad_edge=False, header_style="bold")
        for task in mission.tasks:
            who, spent = escape_line(task.role), format_cost(task.spent_microusd, task.price_known)
            grid.add_row(who, escape_line(task.title, 60), coloured(task.status), spent)
        cost = format_cost(mission.spent_microusd, mission.price_known)
        head = f"[bold]{mission.slug}[/]  {coloured(mission.status)}  {cost}"
        head += f" of {format_usd(mission.limit_microusd)}"
        head += "".join(f"  {row.used:,} of {row.limit:,} {row.unit}" for row in mission.allowances)
        head += "" if mission.price_known else "  [yellow]a price is not known: `ceo doctor`[/]"
        head += "  [yellow]rehearsal: no real model[/]" if mission.rehearsal else ""
        waits = [Text.from_markup(f"[yellow]{escape_line(mission.model_wait)}[/]")] if mission.model_wait else []
        asks = [Text.from_markup(f"[yellow]WAITING FOR YOU[/] {format_desk_head(item)}") for item in mission.waiting]
        self._lines = self._lines[-MAX_SHOWN_LINES:]
        told = [Text.from_markup(f"[dim]{line}[/]") for line in self._lines]
        return Group(Text.from_markup(head), grid, *waits, *asks, *told)
