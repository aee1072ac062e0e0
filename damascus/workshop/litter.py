"""Removes folders that commands have written in, whatever they made of them, and also if a process dies meanwhile.

A folder is renamed first, so that nobody meets half of one; what a crash leaves of it, the next call removes. Links are
removed, never followed. Any number of processes may remove the same at once.
"""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from damascus.workshop.jail import disk_usage

log = logging.getLogger(__name__)

_DISCARDED = ".discarded-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make_locked(folder: Path) -> int:
    """Make a folder that `remove_unlocked` leaves alone; return the descriptor that is its lock while it is open.

    Commands may write below the folder, not in it. Raises OSError if it cannot be made.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder.parent, fcntl.LOCK_SH):
        folder.mkdir(mode=0o700)
        lock = os.open(folder, _FOLDER)
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def remove_unlocked(parent: Path) -> None:
    """Remove each folder in `parent` that no living process has locked (`make_locked`)."""
    with suppress(FileNotFoundError), _locked(parent, fcntl.LOCK_EX):
        for folder in folders(parent):
            if not _is_locked(folder):
                _set_aside(folder)
    remove_discarded(parent)


def discard(folder: Path) -> None:
    """Remove a folder with all that is in it; does nothing if there is none."""
    aside = _set_aside(folder)
    if aside is not None:
        _remove(aside)


def remove_discarded(parent: Path) -> None:
    """Remove what others began to remove from `parent`, and did not finish."""
    with suppress(FileNotFoundError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(_DISCARDED):
                _remove(Path(entry.path))


def folders(parent: Path) -> list[Path]:
    """Return the folders in `parent` that nobody discarded, links to folders left out; none if it does not exist."""
    try:
        with os.scandir(parent) as entries:
            found = [e.path for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(_DISCARDED)]
    except FileNotFoundError:
        return []
    return [Path(path) for path in sorted(found)]


def _set_aside(folder: Path) -> Path | None:
    aside = folder.with_name(f"{_DISCARDED}{secrets.token_hex(8)}")
    try:
        folder.rename(aside)  # within its parent: a folder that may not be written can be renamed there
    except FileNotFoundError:
        return None
    return aside


def _remove(folder: Path) -> None:
    disk_usage.remove(str(folder))
    if os.path.lexists(folder):
        log.warning("%s could not be removed; it is tried again", folder)


def _is_locked(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, _FOLDER)
    except (FileNotFoundError, PermissionError):
        return False  # gone, or closed by a command: no folder that is locked can be
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _locked(folder: Path, kind: int) -> Iterator[None]:
    descriptor = os.open(folder, _FOLDER)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)
