"""Copies of the finished repositories in a folder where commands run, each at the commit that holds.

A copy is renewed after a later push, but never under a running command: every command holds a shared lock of the
folder, and only who gets the lock alone renews. Which commit a copy is at is noted beside the folder, where no command
can write. A copy that is gone is made again; what a command puts in its place stays until the next push.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from damascus.forge.port import Repository
from damascus.tools.finished_copy import SHOWN_DIGITS, FinishedCode, finished
from damascus.tools.services import ToolServices
from damascus.tools.tool import ToolContext
from damascus.work.receipts.fresh_copy import fresh_copy
from damascus.workshop import litter

MAX_NOTE_BYTES = 100


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class CommandPlace:
    """Where a command runs; `note` says which commits it finds there. `leave` is called when it has ended."""

    folder: Path
    note: str = ""
    leave: Callable[[], None] = field(default=_nothing)


async def enter_scratch(services: ToolServices, context: ToolContext, scratch: Path) -> CommandPlace:
    """Bring the copies in a scratch folder up to date as far as no command runs there, and keep them until `leave`."""
    await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
    lock = os.open(_beside(scratch), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        is_alone = _lock_alone(lock)
        if not is_alone:
            await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_SH)  # waits for who renews
        found = await finished(services, context.mission)
        for name, source in found.items():
            if not _is_there(scratch / name):
                await _copy(services, source, partial(_add, scratch, name, source[1]))
            elif is_alone and _noted(scratch, name) != source[1]:
                await _copy(services, source, partial(_renew, scratch, name, source[1]))
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_SH)  # another may have got in between and renew
        return CommandPlace(scratch, _told(scratch, found), partial(os.close, lock))
    except BaseException:
        os.close(lock)
        raise


def _lock_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_there(place: Path) -> bool:
    return os.path.lexists(place)


async def _copy(services: ToolServices, source: tuple[Repository, str], put: Callable[[Path], None]) -> None:
    repository, head = source
    export = partial(services.forge.checkout, repository, head)
    async with fresh_copy(services.receipts.checks, export, head) as copy:
        with suppress(OSError):  # what a command puts in the way is neither followed nor replaced
            await asyncio.to_thread(put, copy)


def _add(scratch: Path, name: str, head: str, copy: Path) -> None:
    """Place a copy where there is none; others may be at the same, and of them the first one's stays."""
    copy.rename(scratch / name)
    _beside(scratch, name).write_text(head, encoding="ascii")


def _renew(scratch: Path, name: str, head: str, copy: Path) -> None:
    """Place a copy instead of another; a crash on the way leaves one of an unknown commit, which is renewed."""
    _beside(scratch, name).unlink(missing_ok=True)
    litter.discard(scratch / name)
    _add(scratch, name, head, copy)


def _beside(scratch: Path, copy: str = "") -> Path:
    """Return the path of the folder's lock, or of the note about a copy."""
    return scratch.with_name(f".{scratch.name}.{copy}" if copy else f".{scratch.name}")


def _noted(scratch: Path, name: str) -> str:
    try:
        return _beside(scratch, name).read_text(encoding="ascii")[:MAX_NOTE_BYTES]
    except (OSError, ValueError):
        return ""


def _told(scratch: Path, found: FinishedCode) -> str:
    return "".join(f"\n[{name}/ {_state(_noted(scratch, name), head)}]" for name, (_, head) in found.items())


def _state(noted: str, head: str) -> str:
    if noted == head:
        return f"was copied at commit {head[:SHOWN_DIGITS]}, the last that was pushed"
    what = f"was copied at commit {noted[:SHOWN_DIGITS]}" if noted else "is not a copy that is known"
    return f"{what}; {head[:SHOWN_DIGITS]} was pushed since, and is there when no other command runs in this folder"
