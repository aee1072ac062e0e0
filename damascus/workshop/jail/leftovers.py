"""What is left of a launcher that was killed together with its keeper: the next launcher ends it.

Both hold the lock of their job's folder, which no command can reach. A folder that nobody has locked is an orphan's.
Its processes are found by their mark, a resource limit that the kernel inherits, shows for every process, and gives no
meaning (RLIMIT_LOCKS, since Linux 2.4.25); the system call filter lets a command set it no more, and no fork succeeds
once the launcher is gone. Not promised: to find processes where that limit was lowered before us, so that there is no
mark, or those in a PID namespace that we do not see.
"""

import fcntl
import os
import resource
import signal
from contextlib import suppress

from damascus.workshop.jail import disk_usage
from damascus.workshop.jail.syscalls import RLIMIT_LOCKS

_PREFIX, _DRAFT_PREFIX = "workshop-", ".workshop-"
_BITS = 54
_OURS = 0x5A << _BITS  # no limit that somebody means is so large
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINE = b"Max file locks"


def folder_name(random: int) -> str:
    """Return a new job's folder's name; the mark of its processes follows from it."""
    return f"{_PREFIX}{random % (1 << _BITS):014x}"


def _mark(folder: str) -> int | None:
    """Return the mark of the job with this folder, None if no job has such a folder."""
    digits = os.path.basename(folder).removeprefix(_PREFIX)
    try:
        number = int(digits, 16)
    except ValueError:
        return None
    return _OURS | number if os.path.basename(folder) == folder_name(number) else None


def make_folder(folder: str) -> int:
    """Make a job's folder and return a descriptor that holds its lock; it appears under its name when it is locked."""
    draft = os.path.join(os.path.dirname(folder), f"{_DRAFT_PREFIX}{os.path.basename(folder)}")
    os.mkdir(draft, 0o700)
    lock = os.open(draft, _FOLDER)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.rename(draft, folder)
    return lock


def bear_mark(folder: str) -> None:
    """Mark this process, and all that it starts, as the command of the job with this folder."""
    mark = _mark(folder)
    if mark is not None and resource.getrlimit(RLIMIT_LOCKS)[1] == resource.RLIM_INFINITY:
        resource.setrlimit(RLIMIT_LOCKS, (mark, mark))


def mark_in(limits: bytes) -> int | None:
    """Return what may be a mark in a /proc/PID/limits, all of which the kernel writes; None if there is none."""
    for line in limits.split(b"\n"):
        if line.startswith(_LINE):
            words = line[len(_LINE) :].split()
            return int(words[1]) if len(words) > 1 and words[1].isdigit() else None
    return None


def end_all(temporary: str) -> None:
    """Kill what is left of each launcher that had its folder in `temporary` and was killed, and remove the folder."""
    with suppress(OSError), os.scandir(temporary) as entries:
        for entry in entries:
            mark = _mark(entry.name)
            if mark is not None and entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                _end(entry.path, mark)


def _end(folder: str, mark: int) -> None:
    try:
        lock = os.open(folder, _FOLDER)
    except OSError:
        return  # removed meanwhile
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in os.listdir("/proc"):
            if name.isdigit():
                _kill(int(name), mark)
        disk_usage.remove(folder)
    except BlockingIOError:
        return  # its launcher lives, or somebody else ends it
    finally:
        os.close(lock)


def _kill(process: int, mark: int) -> None:
    """Kill a process if it bears this mark."""
    if _mark_of(process) != mark:
        return
    with suppress(ProcessLookupError):
        handle = os.pidfd_open(process)
        try:
            if _mark_of(process) == mark:  # still: the handle is that process's
                signal.pidfd_send_signal(handle, signal.SIGKILL)
        finally:
            os.close(handle)


def _mark_of(process: int) -> int | None:
    try:
        with open(f"/proc/{process}/limits", "rb") as file:
            return mark_in(file.read())
    except OSError:
        return None  # it is gone
