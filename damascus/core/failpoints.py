"""Faults on purpose, so that the crash suite (tests/chaos) can end a process at exactly the line that it names.

`company.faults` names a folder in which a test leaves notes. The file `pm-1.after-reserve` with the text `kill 3` has
the process pm-1 kill itself the third time it passes that boundary; `stop 1` has it stop, until somebody continues it;
`kill 1 0.02` kills it so many seconds after. A note is renamed to `*.played` before it is played, so it is played once.
The file `clock` holds seconds by which the company's wall clock is off. Without the setting, which config.yaml does not
name, a boundary is one comparison. What is not promised: anything for a folder that others may write to.
"""

import os
import signal
import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from damascus.core.clock import Clock, SystemClock

Failpoint = Literal[
    "after-reserve",  # money is held, the model is not asked yet
    "before-call",  # all but the last byte of a call is with the model's server
    "after-answer",  # the model's answer is here, the ledger does not know it
    "before-turn",  # the turn is written but not committed
    "after-tool",  # a tool had its effect, the ledger does not know it
    "before-result",  # its result is written but not committed
    "before-completed",  # receipts and completion are written but not committed
    "before-send",  # messages are committed but not sent
    "after-send",  # messages are sent, the ledger does not know it
    "before-ack",  # a message is handled, Redis does not know it
    "before-push",
    "after-push",  # the forge has the commit, the ledger does not know it
    "after-lead",  # this office leads and has recovered what it may, what was left unsent is still to be sent
]
BOUNDARIES: tuple[Failpoint, ...] = get_args(Failpoint)
PLAYED = ".played"
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class _FailpointPlayer:
    """The notes for one process; passes are counted from when a note was first seen."""

    def __init__(self, folder: Path, who: str) -> None:
        self._folder, self._who = folder, who
        self._passed: Counter[tuple[str, int]] = Counter()

    def play(self, name: str) -> None:
        note = self._folder / f"{self._who}.{name}"
        try:
            written, words = note.stat().st_mtime_ns, note.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return
        self._passed[name, written] += 1
        if self._passed[name, written] != int(words[1]):
            return
        note.replace(note.with_name(note.name + PLAYED))
        sign = _SIGNALS[words[0]]
        if len(words) > 2:
            threading.Timer(float(words[2]), os.kill, (os.getpid(), sign)).start()
        else:
            os.kill(os.getpid(), sign)


_players: list[_FailpointPlayer] = []


def arm_failpoints(folder: Path | None, who: str) -> None:
    """From now on play the notes in `folder` for the process called `who`; none for None."""
    _players[:] = [_FailpointPlayer(folder, who)] if folder is not None else []


def failpoint(name: Failpoint) -> None:
    """A moment at which a crash hurts most: the process may end here, if a test wants it to."""
    for player in _players:
        player.play(name)


class SkewedClock(SystemClock):
    """The machine's clock, off by the seconds in the folder's file `clock`, while there is one."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"

    def now(self) -> datetime:
        try:
            off = float(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            off = 0.0
        return super().now() + timedelta(seconds=off)


def clock_of(folder: Path | None) -> Clock:
    """The clock of a company whose faults are in `folder`; None: the machine's."""
    return SystemClock() if folder is None else SkewedClock(folder)
