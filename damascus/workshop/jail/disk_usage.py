"""What a workspace holds, counted from outside: files and bytes, and what is free on the disk.

Folders are entered by descriptor and never through a link, so neither the length of a path nor a swap leads the count
astray. What cannot be counted is never nothing: it raises.
"""

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from damascus.workshop.jail import process_tree

MAX_DEPTH = 256
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SEARCHABLE = stat.S_IRUSR | stat.S_IXUSR
_BLOCK = 512  # stat(2): the unit of st_blocks
_MAX_LOOKS, _LOOK_SECONDS = 100, 0.01  # at a process that hides what it has
_DELETED, _MAPS_FIELDS = b" (deleted)", 6  # proc_pid_maps(5)


class Uncountable(Exception):
    """What is there cannot be counted."""


class TooDeep(Uncountable):
    """Folders lie deeper than MAX_DEPTH, which no honest program makes and few can remove."""


class DiskUsage(NamedTuple):
    """Files, folders and links, and the bytes that they take on the disk."""

    files: int
    size: int


class _Count:
    """Counts below a folder; a file with several names counts once, each of its names counts as a file."""

    def __init__(self, most_files: int) -> None:
        self._most_files = most_files
        self._linked: set[tuple[int, int]] = set()
        self.files = self.size = 0

    def add(self, found: os.stat_result) -> None:
        self.files += 1
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            key = (found.st_dev, found.st_ino)
            if key in self._linked:
                return
            self._linked.add(key)
        self.size += found.st_blocks * _BLOCK

    def below(self, parent: int | None, name: str, depth: int) -> None:
        """Count what is below a folder."""
        if depth > MAX_DEPTH:
            raise TooDeep(f"folders more than {MAX_DEPTH} deep")
        with _opened(parent, name) as folder, os.scandir(folder) as entries:
            for entry in entries:
                if self.files > self._most_files:
                    return
                self._entry(folder, entry, depth)

    def _entry(self, folder: int, entry: "os.DirEntry[str]", depth: int) -> None:
        try:
            self.add(entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                self.below(folder, entry.name, depth + 1)
        except (FileNotFoundError, NotADirectoryError):
            return  # removed, or swapped, meanwhile


def used(roots: tuple[str, ...], most_files: int) -> DiskUsage:
    """Return what is below `roots`; the count ends at the first above `most_files`. Raises Uncountable."""
    count = _Count(most_files)
    try:
        for root in roots:
            count.below(None, root, 0)
    except OSError as error:
        raise Uncountable(f"what it holds cannot be counted ({error.strerror})") from error
    return DiskUsage(count.files, count.size)


@contextmanager
def _opened(parent: int | None, name: str) -> Iterator[int]:
    """Yield a folder's descriptor; one that its owner, the command, has closed to itself is open to us meanwhile."""
    path = os.open(name, os.O_PATH | _FOLDER, dir_fd=parent)
    by_descriptor = f"/proc/self/fd/{path}"
    try:
        mode = stat.S_IMODE(os.fstat(path).st_mode)
        closed = mode & _SEARCHABLE != _SEARCHABLE
        if closed:
            os.chmod(by_descriptor, mode | _SEARCHABLE)
        try:
            folder = os.open(by_descriptor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                yield folder
            finally:
                os.close(folder)
        finally:
            if closed:
                os.chmod(by_descriptor, mode)
    finally:
        os.close(path)


def prune(roots: tuple[str, ...]) -> None:
    """Remove what lies deeper than MAX_DEPTH below `roots`, so that everybody can count and remove what is left."""
    for root in roots:
        _prune(None, root, 0)


def _prune(parent: int | None, name: str, depth: int) -> None:
    with _opened(parent, name) as folder, os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if depth < MAX_DEPTH:
                    _prune(folder, entry.name, depth + 1)
                else:
                    remove(f"/proc/{os.getpid()}/fd/{folder}/{entry.name}")


def nameless(processes: list[int], roots: tuple[str, ...], most: int, in_flight: Iterable[int] = ()) -> DiskUsage:
    """Return the files that these processes have open or in their memory, and that have no name any more.

    `most` is what one may be large; one that is only mapped counts so where the kernel does not show it, but all of
    those no more than what is used of their file system, as of a container's own /tmp. `in_flight` are our descriptors
    for files that are open nowhere else. Raises Uncountable if a process hides what it has.
    """
    sizes, unseen = dict[tuple[int, int], int](), set[tuple[int, int]]()
    for file in in_flight:
        _add_nameless(f"/proc/self/fd/{file}", sizes)
    for process in processes:
        for thread in _listed(f"/proc/{process}/task"):  # each may have files of its own; the first may have ended
            place = f"/proc/{process}/task/{thread}"
            for name in _listed(f"{place}/fd"):
                _add_nameless(f"{place}/fd/{name}", sizes)
            unseen |= _add_mapped(place, roots, sizes)
    hidden = [device for device, _ in unseen - sizes.keys()]
    bound = sum(min(most * hidden.count(device), _used(device, roots, most * len(hidden))) for device in set(hidden))
    return DiskUsage(len(sizes) + len(hidden), sum(sizes.values()) + bound)


def _used(device: int, roots: tuple[str, ...], otherwise: int) -> int:
    """Return how many bytes are used of the file system of this number, which is that of a root."""
    for root in roots:
        if os.stat(root).st_dev == device:
            disk = os.statvfs(root)
            return (disk.f_blocks - disk.f_bfree) * disk.f_frsize
    return otherwise


def _listed(folder: str) -> list[str]:
    for _ in range(_MAX_LOOKS):
        try:
            return os.listdir(folder)
        except PermissionError:
            if _is_dead(os.path.dirname(folder)):
                return []
            time.sleep(_LOOK_SECONDS)  # a thread that is ending is closed to all but root, until it is dead
        except OSError as error:
            process_tree.check_is_of_other(error)
            return []  # it is gone
    raise Uncountable("a process hides what it has open")


def _is_dead(place: str) -> bool:
    """Return True if the thread at `place` has ended, so that it has nothing open any more."""
    try:
        with open(f"{place}/stat", "rb") as file:
            return file.read().rpartition(b")")[2][1:2] in (b"Z", b"X", b"")
    except OSError:
        return True


def _add_nameless(path: str, sizes: dict[tuple[int, int], int]) -> bool:
    """Add a file if it has no name; return False if it cannot be seen."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    if found.st_nlink == 0 and stat.S_ISREG(found.st_mode):
        sizes[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK
    return True


def _add_mapped(place: str, roots: tuple[str, ...], sizes: dict[tuple[int, int], int]) -> set[tuple[int, int]]:
    """Add files that are mapped and deleted, and return those that the kernel does not show.

    In a path, which the command chose, line feeds are escaped.
    """
    unseen = set[tuple[int, int]]()
    try:
        with open(f"{place}/maps", "rb") as file:
            lines = file.read().split(b"\n")
    except OSError as error:
        process_tree.check_is_of_other(error)
        return unseen  # it is gone; one that hides itself was noticed at its open files
    within = tuple(os.fsencode(root) + b"/" for root in roots)
    for line in lines:
        words = line.split(None, 5)
        if line.endswith(_DELETED) and len(words) == _MAPS_FIELDS and words[5].startswith(within):
            key = (os.makedev(*[int(part, 16) for part in words[3].split(b":")]), int(words[4]))
            first, _, end = words[0].partition(b"-")
            mapped = f"{place.partition('/task')[0]}/map_files/{int(first, 16):x}-{int(end, 16):x}"
            if key not in sizes and not _add_nameless(mapped, sizes):
                unseen.add(key)
    return unseen


def free(root: str) -> int:
    """Return how many bytes are free on `root`'s disk."""
    disk = os.statvfs(root)
    return disk.f_bavail * disk.f_frsize


def remove(folder: str) -> None:
    """Delete `folder`, however deep it is, also where the command removed its own permissions."""
    if _spawn("rm", "-rf", folder) != 0:
        _spawn("chmod", "-R", "u+rwX", folder)
        _spawn("rm", "-rf", folder)


def remove_job(folder: str, home: str) -> None:
    """Delete a job's folder; most commands leave nothing in their home, so that no program is needed for it."""
    try:
        os.rmdir(home)
        os.rmdir(folder)
    except OSError:
        remove(folder)


def _spawn(*command: str) -> int:
    quiet = [(os.POSIX_SPAWN_OPEN, stream, "/dev/null", os.O_RDWR, 0) for stream in range(3)]
    return os.waitpid(os.posix_spawn(f"/bin/{command[0]}", command, {}, file_actions=quiet), 0)[1]
