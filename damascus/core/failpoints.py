"""Failures on purpose: the crash suite (tests/chaos) ends a process at exactly the line that it names.

`company.faults` names a folder in which a test leaves notes. The file `pm-1.after-reserve` with the text `kill 3` has
the process pm-1 kill itself the third time it passes that fail point; `stop 1` has it stop, until somebody continues
it; `kill 1 0.02` kills it that many seconds after. A note is renamed to `*.played` before it is played, so it is played
once. Without the setting, which config.yaml does not name, a fail point is one comparison.

Not promised: anything for a folder that others may write to.
"""

import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Literal

Failpoint = Literal[
    "after-reserve",  # the call's cost is reserved, the model is not asked yet
    "before-call",  # all but the last byte of a call is with the model's server
    "after-answer",  # the model's response is here, the ledger does not know it
    "before-turn",  # the turn is written but not committed
    "before-compacted",  # what stands for older turns is written with its cost but not committed
    "after-tool",  # a tool had its effect, the ledger does not know it
    "before-result",  # its result is written but not committed
    "before-completed",  # receipts and completion are written but not committed
    "before-archived",  # what a mission teaches is written with its end but not committed
    "before-told",  # what a task is told of earlier missions is written but not committed
    "after-told",  # it is noted, the task has no prompt yet
    "before-send",  # messages are committed but not sent
    "after-send",  # messages are sent, the ledger does not know it
    "before-ack",  # a message is handled, Redis does not know it
    "before-push",
    "after-push",  # the forge has the commit, the ledger does not know it
    "before-fetch",  # a page is about to be asked for
    "after-fetch",  # a page is here, the ledger does not know it
    "before-kept",  # the page is written but not committed
    "before-page",  # the service was asked for a page, its host was not
    "after-download",  # the page's bytes are with the service, its text is not taken yet
    "after-parse",  # its text is there, the worker does not have it
    "after-lead",  # this office leads and has recovered what it may, what was left unsent is still to be sent
]
PLAYED_SUFFIX = ".played"
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class _FailpointPlayer:
    """The notes for one process; passes are counted from when a note was first seen."""

    def __init__(self, folder: Path, process: str) -> None:
        self._folder, self._process = folder, process
        self._passed: Counter[tuple[str, int]] = Counter()

    def play(self, name: str) -> None:
        note = self._folder / f"{self._process}.{name}"
        try:
            written, parts = note.stat().st_mtime_ns, note.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return
        self._passed[name, written] += 1
        if self._passed[name, written] != int(parts[1]):
            return
        note.replace(note.with_name(note.name + PLAYED_SUFFIX))
        number = _SIGNALS[parts[0]]
        if len(parts) > 2:
            threading.Timer(float(parts[2]), os.kill, (os.getpid(), number)).start()
        else:
            os.kill(os.getpid(), number)


_players: list[_FailpointPlayer] = []


def arm_failpoints(folder: Path | None, process: str) -> None:
    """Play the notes in `folder` for the process of that name from now on; none if `folder` is None."""
    _players[:] = [_FailpointPlayer(folder, process)] if folder is not None else []


def failpoint(name: Failpoint) -> None:
    """Mark a moment at which a crash hurts most: the process ends here if a test wants it to."""
    for player in _players:
        player.play(name)
