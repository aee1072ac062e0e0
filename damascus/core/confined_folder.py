"""A folder that a model's paths cannot leave.

Each part of a path is opened relative to the folder before it and never through a link, so that a command which
swaps a link in between two steps gains nothing. Only regular files are read or replaced: no device, no pipe. What is
not promised: that a command cannot read what is outside by itself; it is *our* process that is not led out.
"""

import errno
import os
import secrets
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from damascus.core.errors import DamascusError, Invalid, NotFound, PathOutsideFolder, Unavailable

MAX_PATH_CHARS = 1_000
MAX_PARTS = 32
MAX_NAME_BYTES = 255
# a model can do nothing about these: the call is made again (registry.py)
_DISK_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)


EntryKind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One name in a folder; `size` in bytes."""

    name: str
    kind: EntryKind
    size: int


class ConfinedFolder:
    """The folder `root`, which must exist.

    Every method blocks, and raises PathOutsideFolder if a path leads out, Unavailable if the disk is full or broken.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str, limit: int) -> bytes:
        """Return the first `limit` bytes of a file. Raises NotFound if there is none, Invalid if it is not regular."""
        parts = parts_of(path)
        with self._folder(parts[:-1]) as folder:
            return self._read(folder, parts, limit)

    def write(self, path: str, data: bytes) -> bool:
        """Replace a file as a whole, or make it with the folders it needs. Returns True if it is new.

        Raises Invalid if something else than a regular file has this path.
        """
        parts = parts_of(path)
        if not parts:
            raise Invalid("name a file, not the folder itself")
        with self._folder(parts[:-1], create=True) as folder:
            mode = self._mode_of(folder, parts)
            self._replace(folder, parts[-1], data, mode or 0o644)
        return mode is None

    def entries(self, path: str) -> list[DirectoryEntry]:
        """Return what is in a folder, sorted by name; links are named, never followed.

        Raises NotFound if there is no such folder, Invalid if it is a file.
        """
        with self._folder(parts_of(path)) as folder, os.scandir(folder) as found:
            return sorted((_entry(item) for item in found if not _is_git(item.name)), key=lambda entry: entry.name)

    @contextmanager
    def _folder(self, parts: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
        """Yield an open descriptor of the folder of these parts."""
        try:
            here = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotFound(f"there is no working copy yet ({error.strerror}); create the repository first") from error
        try:
            for depth, name in enumerate(parts, start=1):
                inner = _enter(here, name, "/".join(parts[:depth]), create=create)
                os.close(here)
                here = inner
            yield here
        finally:
            os.close(here)

    def _read(self, folder: int, parts: tuple[str, ...], limit: int) -> bytes:
        shown = "/".join(parts) or "."
        try:
            handle = os.open(parts[-1] if parts else ".", _FILE, dir_fd=folder)
        except OSError as error:
            raise _refusal(error, shown) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Invalid(f"{shown} is not a regular file")
        with os.fdopen(handle, "rb") as file:
            return file.read(limit)

    def _mode_of(self, folder: int, parts: tuple[str, ...]) -> int | None:
        """Return the permissions of the file that is to be replaced, None if there is none."""
        try:
            found = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _refusal(error, "/".join(parts)) from error
        if stat.S_ISLNK(found.st_mode):
            raise PathOutsideFolder(f"{'/'.join(parts)} is a link; links are not followed")
        if not stat.S_ISREG(found.st_mode):
            raise Invalid(f"{'/'.join(parts)} is not a regular file and cannot be overwritten")
        return stat.S_IMODE(found.st_mode) & 0o777

    def _replace(self, folder: int, name: str, data: bytes, mode: int) -> None:
        # beside the root, not inside it: what a crash leaves of it must never be committed
        draft = self._root.parent / f".draft-{secrets.token_hex(8)}"
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(draft, name, dst_dir_fd=folder)
        except OSError as error:
            with suppress(FileNotFoundError):
                draft.unlink()
            raise _refusal(error, name) from error


def parts_of(path: str) -> tuple[str, ...]:
    """Return the parts of a relative path, empty for the folder itself.

    Raises:
        PathOutsideFolder: if the path is absolute or has `..` or `.git` in it.
        Invalid: if it is too long, or a name in it is one that no file should have.
    """
    if len(path) > MAX_PATH_CHARS:
        raise Invalid(f"the path has {len(path)} characters; at most {MAX_PATH_CHARS} are allowed")
    if path.startswith(("/", "~")):
        raise PathOutsideFolder(f"{path!r} is not relative; use a path inside the working copy, such as src/main.py")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    for part in parts:
        _check(part, path)
    if len(parts) > MAX_PARTS:
        raise Invalid(f"the path has {len(parts)} parts; at most {MAX_PARTS} are allowed")
    return parts


def _check(part: str, path: str) -> None:
    if part == "..":
        raise PathOutsideFolder(f"{path!r} leads upwards; use a path inside the working copy")
    if _is_git(part):
        raise PathOutsideFolder("`.git` is not yours to read or write; use `commit` and `push`")
    if any(unicodedata.category(character).startswith("C") for character in part):
        raise Invalid("the path contains a control or invisible character")
    if len(part.encode()) > MAX_NAME_BYTES:
        raise Invalid(f"a name in the path is longer than {MAX_NAME_BYTES} bytes")


def _is_git(name: str) -> bool:
    # as the most lenient file system would read it: case, trailing dots and invisible characters do not count
    visible = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    return visible.casefold().rstrip(". ") in (".git", "git~1")


def _enter(here: int, name: str, shown: str, *, create: bool) -> int:
    try:
        if create:
            with suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=here)
        return os.open(name, _FOLDER, dir_fd=here)
    except OSError as error:
        if error.errno == errno.ENOTDIR and _is_link(here, name):
            raise PathOutsideFolder(f"{shown} is a link; links are not followed") from error
        raise _refusal(error, shown) from error


def _is_link(here: int, name: str) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)
    except OSError:
        return False  # gone by now; the refusal names the first error


def _refusal(error: OSError, shown: str) -> DamascusError:
    if error.errno in _DISK_ERRNOS:
        return Unavailable(f"{shown}: {error.strerror}; the disk is the problem, not the path")
    if error.errno == errno.ELOOP:
        return PathOutsideFolder(f"{shown} is a link; links are not followed")
    if error.errno == errno.ENOENT:
        return NotFound(f"there is no {shown}; see `list_files`")
    if error.errno == errno.ENOTDIR:
        return Invalid(f"{shown}: a part of it is a file, not a folder")
    if error.errno == errno.EISDIR:
        return Invalid(f"{shown} is a folder, not a file")
    return Invalid(f"{shown}: {error.strerror}")


def _entry(item: "os.DirEntry[str]") -> DirectoryEntry:
    if item.is_symlink():
        return DirectoryEntry(item.name, "link", 0)
    if item.is_dir(follow_symlinks=False):
        return DirectoryEntry(item.name, "folder", 0)
    kind: EntryKind = "file" if item.is_file(follow_symlinks=False) else "other"
    return DirectoryEntry(item.name, kind, _size(item))


def _size(item: "os.DirEntry[str]") -> int:
    try:
        return item.stat(follow_symlinks=False).st_size
    except OSError:
        return 0  # it was removed while the folder was read
