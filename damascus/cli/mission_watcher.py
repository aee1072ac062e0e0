"""`ceo watch`: a mission as it happens: a picture that is drawn again on a terminal, plain lines elsewhere."""

from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.live import Live

from damascus.api.schemas import Event, MissionDetail
from damascus.cli.event_feed import EventFeed
from damascus.cli.event_lines import ends_mission, format_event, time_zone, with_time
from damascus.cli.exit_codes import TimedOut
from damascus.cli.formatting import format_desk_item
from damascus.cli.mission_picture import MAX_TOLD_LINES, Activities, can_draw, draw
from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import NotRunning, Unavailable
from damascus.core.events import EventKind
from damascus.core.records.missions import MissionStatus

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

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
        self._activities = Activities()
        self.mission = mission  # as it was last seen

    def follow(self) -> MissionDetail:
        """Return the mission when it has ended. Raises TimedOut, or NotRunning if the office does not come back."""
        console = self._console
        if self.mission.status in MissionStatus.ENDED and (console is None or console.is_terminal):
            return self.mission  # plain lines tell its story all the same
        feed = EventFeed(self._office, self.mission.id)
        if console is None or not can_draw(console):
            if console is not None:
                console.print(f"{self.mission.slug}; times are in {time_zone(self._clock.now())}", markup=False)
            self._until_ended(feed, None)
        else:
            with Live(self._picture(console), console=console, refresh_per_second=8, transient=True) as live:
                self._until_ended(feed, live)
        return self.mission

    def _until_ended(self, feed: EventFeed, live: Live | None) -> None:
        looked, stale = self._clock.monotonic(), False
        while self.mission.status not in MissionStatus.ENDED:
            found = feed.take(self._wait_seconds())
            self._check_time()
            stale = stale or bool(found)
            if self._is_urgent(found) or (stale and self._clock.monotonic() - looked >= REFRESH_SECONDS):
                self._refresh()
                looked, stale = self._clock.monotonic(), False
            self._tell(found, live)
        self._tell_the_end(feed, live)

    def _is_urgent(self, found: list[Event]) -> bool:
        """Return True if the lines of these events need the mission as it is now: a task of it is new, for one."""
        known = {task.id for task in self.mission.tasks}
        return any(
            event.kind in (EventKind.MISSION, EventKind.DESK)
            or (event.kind == EventKind.TASK and event.task_id not in known)
            for event in found
        )

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
            self._lines += [with_time(event.created_at, line)] if line is not None else []
            self._activities.note(event)
            if ends_mission(event):
                self._told.add("end")
        if live is not None:
            live.update(self._picture(live.console))
            return
        for item in self.mission.waiting:
            if item.id not in self._told:
                self._told.add(item.id)
                self._lines.append(with_time(item.created_at, f"WAITING FOR YOU: {format_desk_item(item)}"))
        if self._console is not None:
            for line in self._lines:
                self._console.print(line)
        self._lines.clear()

    def _picture(self, console: Console) -> RenderableType:
        self._lines = self._lines[-MAX_TOLD_LINES:]
        return draw(self.mission, self._activities, self._lines, self._clock.now(), console.height)
