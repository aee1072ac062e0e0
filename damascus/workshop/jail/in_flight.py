"""Files that a command sent over its sockets: until they were received they are open in no process.

The launcher sends them, and keeps each regular one open, so that it is counted though it has no name. It lets go of
them when the kernel says that nothing is in flight: every socket that may hold a file is open in a process, or is in
flight itself, in one that says so. Where the kernel does not say (before Linux 5.9) they count until the command ends.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from damascus.workshop.jail import process_tree

_MAX_FILES = 300
_FIELD = b"scm_fds:"


class FilesInFlight:
    """The files that were sent, by device and inode; `files` are descriptors for them that the launcher has."""

    def __init__(self) -> None:
        self._kept = dict[tuple[int, int], int]()
        self._leaving = 0

    @property
    def files(self) -> list[int]:
        """Descriptors of every file that may be in flight."""
        return list(self._kept.values())

    @contextmanager
    def leaving(self, files: Iterable[int]) -> Iterator[None]:
        """Keep files in sight that are sent within the block. Raises OSError if there are too many."""
        for file in files:
            found = os.fstat(file)
            if stat.S_ISREG(found.st_mode) and (found.st_dev, found.st_ino) not in self._kept:
                if len(self._kept) >= _MAX_FILES:
                    raise OSError(errno.ETOOMANYREFS, "files in flight")
                self._kept[found.st_dev, found.st_ino] = os.dup(file)
        self._leaving += 1
        try:
            yield
        finally:
            self._leaving -= 1

    def forget(self, processes: Iterable[int]) -> None:
        """Let go of all files if none is in flight between these processes, which are all that there are."""
        if self._leaving or not self._kept or any(_in_flight(process) for process in processes):
            return
        for file in self._kept.values():
            os.close(file)
        self._kept.clear()


def _in_flight(process: int) -> bool:
    """Return True if a socket of a process holds a file that was not received, or does not say so."""
    for thread in _listed(f"/proc/{process}/task"):
        place = f"/proc/{process}/task/{thread}"
        for name in _listed(f"{place}/fd"):
            if _link(f"{place}/fd/{name}").startswith("socket:") and _holds_files(f"{place}/fdinfo/{name}"):
                return True
    return False


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        process_tree.check_is_of_other(error)
        return []  # it is gone; one that hides itself was noticed when its files were counted


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _holds_files(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            said = [line for line in file if line.startswith(_FIELD)]
    except OSError as error:
        process_tree.check_is_of_other(error)
        return False
    return any(int(line.removeprefix(_FIELD)) for line in said)
