"""A mission's events, read in the background, so that the reader can look at its clock while nothing happens."""

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

from damascus.api.schemas import Event
from damascus.core.clock import pause
from damascus.core.errors import DamascusError, NotRunning, Unavailable

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

RECONNECT_PAUSE_SECONDS = 0.25
MAX_RECONNECTS = 60


class EventFeed:
    """The events of a mission from the log's beginning on, each once, across restarts of the office."""

    def __init__(self, office: "OfficeClient", mission: str) -> None:
        self._office = office
        self._mission = mission
        self._seq = 0
        self._found: queue.Queue[Event | DamascusError] = queue.Queue()
        threading.Thread(target=self._read, name="event-feed", daemon=True).start()

    def take(self, seconds: float) -> list[Event]:
        """Return what came since the last call, waiting at most `seconds` for the first event.

        Raises NotRunning if the office does not come back, or what else it refused the mission's events with.
        """
        found: list[Event] = []
        with contextlib.suppress(queue.Empty):
            found.append(self._checked(self._found.get(timeout=max(seconds, 0.0))))
            while True:
                found.append(self._checked(self._found.get_nowait()))
        return found

    @staticmethod
    def _checked(found: Event | DamascusError) -> Event:
        if isinstance(found, DamascusError):
            raise found
        return found

    def _read(self) -> None:
        failures = 0
        while failures <= MAX_RECONNECTS:
            failures += 1
            try:
                for event in self._office.events(self._mission, self._seq):
                    if event.seq > self._seq:
                        self._seq = event.seq
                        self._found.put(event)
                failures = 0
            except (NotRunning, Unavailable):
                pass  # the office or its ledger is being started again: that is what MAX_RECONNECTS is for
            except DamascusError as error:
                self._found.put(error)
                return
            pause(RECONNECT_PAUSE_SECONDS)
        self._found.put(NotRunning("the office has stopped; the mission resumes at the next `ceo up`"))
