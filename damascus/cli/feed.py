"""The office's log, read in the background, so that the reader can look at its clock while nothing happens."""

import contextlib
import queue
import threading

from damascus.cli.exits import NotRunning
from damascus.cli.office import Event, Office
from damascus.cli.words import pause
from damascus.core.errors import DamascusError, Unavailable

RECONNECT_PAUSE = 0.25
RECONNECT_TRIES = 60


class Feed:
    """The events of a mission from the log's beginning on, each once, across restarts of the office."""

    def __init__(self, office: Office, mission: str) -> None:
        self._office = office
        self._mission = mission
        self._seq = 0
        self._found: queue.Queue[Event | DamascusError] = queue.Queue()
        threading.Thread(target=self._read, name="feed", daemon=True).start()

    def take(self, seconds: float) -> list[Event]:
        """What came since the last time; waits at most `seconds` for the first. Raises NotRunning when it is over."""
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
        while failures <= RECONNECT_TRIES:
            failures += 1
            try:
                for event in self._office.events(self._mission, self._seq):
                    failures = 0
                    if event.seq > self._seq:
                        self._seq = event.seq
                        self._found.put(event)
            except (NotRunning, Unavailable):
                pass  # the office or its ledger is being started again: that is what the tries are for
            except DamascusError as error:
                self._found.put(error)
                return
            pause(RECONNECT_PAUSE)
        self._found.put(NotRunning("the office has stopped; the mission goes on at the next `ceo up`"))
