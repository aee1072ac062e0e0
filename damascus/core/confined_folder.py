"""A folder that a model's paths cannot leave: the one place where files that a model can write are opened.

Plain bytes go in and out; no other program is ever started on them (tests/security/test_model_writable_paths.py).
Each part of a path is opened relative to the folder before it and never through a link, so that a command which swaps
a link in between two steps gains nothing. Only regular files are read or replaced: no device, no pipe. What is not
promised: that a command cannot read what is outside by itself; it is *our* process that is not led out.
"""

import errno
import os
import secrets
import stat
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from damascus.core.errors import DamascusError, Invalid, NotFound, PathOutsideFolder, Unavailable

MAX_PATH_CHARS = 1_000
MAX_PARTS = 32
MAX_NAME_BYTES = 255
# a model can do nothing about these: the call is made again (registry.py)
_DISK_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | getattr(os, "O_NOCTTY", 0)


class EntryKind(StrEnum):
    """What an entry of a folder is; links are never followed."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One name in a folder; `size` in bytes."""

    name: str
    kind: EntryKind
    size: int


@dataclass(frozen=True, slots=True)
class FileContent:
    """What was read of a regular file, and whether its owner may execute it."""

    data: bytes
    executable: bool


class OpenFolder:
    """An open descriptor of a folder: each name is looked up in it and nowhere else, and no link is followed.

    `path` is how errors name it. Who swaps a part of the path meanwhile changes nothing of what is read here.
    """

    def __init__(self, descriptor: int, path: tuple[str, ...] = ()) -> None:
        self.descriptor = descriptor
        self.path = path

    def entries(self, limit: int) -> list[DirectoryEntry]:
        """Return at most `limit` of the folder's entries, sorted by name; no more than that are ever read."""
        try:
            with os.scandir(self.descriptor) as found:
                return sorted((_entry(item) for item in islice(found, limit)), key=lambda entry: entry.name)
        except OSError as error:
            raise _refusal(error, self.shown()) from error

    def read(self, name: str, limit: int) -> FileContent:
        """Return the first `limit` bytes of a file.

        Raises:
            NotFound: if there is none.
            Invalid: if it is not a regular file.
        """
        try:
            handle = os.open(name, _FILE, dir_fd=self.descriptor)
        except OSError as error:
            raise _refusal(error, self.shown(name)) from error
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            os.close(handle)
            raise Invalid(f"{self.shown(name)} is not a regular file")
        with os.fdopen(handle, "rb") as file:
            return FileContent(file.read(limit), bool(mode & stat.S_IXUSR))

    def link(self, name: str) -> str:
        """Return what a link says, without following it. Raises NotFound or Invalid if there is no such link."""
        try:
            return os.readlink(name, dir_fd=self.descriptor)
        except OSError as error:
            raise _refusal(error, self.shown(name)) from error

    @contextmanager
    def enter(self, name: str, *, create: bool = False) -> Iterator["OpenFolder"]:
        """Yield the folder of this name, made if need be. Raises NotFound, Invalid, or PathOutsideFolder for a link."""
        inner = OpenFolder(_enter(self.descriptor, name, self.shown(name), create=create), (*self.path, name))
        try:
            yield inner
        finally:
            os.close(inner.descriptor)

    def shown(self, name: str = "") -> str:
        """Return the path of a name in this folder, on one line, as an error shows it."""
        path = "/".join((*self.path, name) if name else self.path) or "."
        return "".join(c if c.isprintable() else "?" for c in path)


class ConfinedFolder:
    """The folder `root`, which must exist.

    Every method blocks, and raises PathOutsideFolder if a path leads out, Unavailable if the disk is full or broken.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str, limit: int) -> bytes:
        """Return the first `limit` bytes of a file. Raises NotFound if there is none, Invalid if it is not regular."""
        parts = parts_of(path)
        with self.open(parts[:-1]) as folder:
            return folder.read(parts[-1] if parts else ".", limit).data

    def write(self, path: str, data: bytes) -> bool:
        """Replace a file as a whole, or make it with the folders it needs. Returns True if it is new.

        Raises Invalid if something else than a regular file has this path.
        """
        parts = _parts_of_file(path)
        with self.open(parts[:-1], create=True) as folder:
            mode = _mode_of(folder, parts[-1])
            self._replace(folder, parts[-1], lambda draft: _write(draft, data, mode or 0o644))
        return mode is None

    def place(self, path: str, data: bytes, executable: bool) -> bool:
        """Write a file whole, with the folders it needs, unless its name is taken. Returns True if it was written.

        Raises Invalid or PathOutsideFolder if a folder of the path is something else.
        """
        return self._place(path, lambda draft: _write(draft, data, 0o755 if executable else 0o644))

    def place_link(self, path: str, target: str) -> bool:
        """Do what `place` does, for a link. The caller answers for where it leads."""
        return self._place(path, lambda draft: os.symlink(target, draft))

    def remove(self, path: str) -> None:
        """Remove a file or a link; does nothing if there is none. Raises Invalid if it is a folder."""
        parts = _parts_of_file(path)
        with suppress(NotFound), self.open(parts[:-1]) as folder:
            try:
                os.unlink(parts[-1], dir_fd=folder.descriptor)
            except OSError as error:
                raise _refusal(error, path) from error

    def entries(self, path: str, limit: int) -> list[DirectoryEntry]:
        """Return what is in a folder, at most `limit` entries and sorted by name; links are named, never followed.

        Raises NotFound if there is no such folder, Invalid if it is a file.
        """
        with self.open(parts_of(path)) as folder:
            return [entry for entry in folder.entries(limit) if not is_git(entry.name)]

    @contextmanager
    def open(self, parts: tuple[str, ...] = (), *, create: bool = False) -> Iterator[OpenFolder]:
        """Yield the folder of these parts, open."""
        try:
            top = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotFound(f"there is no working copy yet ({error.strerror}); create the repository first") from error
        with ExitStack() as opened:
            opened.callback(os.close, top)
            here = OpenFolder(top)
            for name in parts:
                here = opened.enter_context(here.enter(name, create=create))
            yield here

    def _place(self, path: str, make: Callable[[Path], None]) -> bool:
        parts = _parts_of_file(path)
        with self.open(parts[:-1], create=True) as folder:
            if _exists(folder, parts[-1]):
                return False
            self._replace(folder, parts[-1], make)
        return True

    def _replace(self, folder: OpenFolder, name: str, make: Callable[[Path], None]) -> None:
        # beside the root, not inside it: what a crash leaves of it must never be committed
        draft = self.root.parent / f".draft-{secrets.token_hex(8)}"
        try:
            make(draft)
            os.replace(draft, name, dst_dir_fd=folder.descriptor)
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
    if path.startswith(("/", "~/")) or path == "~":
        raise PathOutsideFolder(f"{path!r} is not relative; use a path inside the working copy, such as src/main.py")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    for part in parts:
        check_name(part, path)
    if len(parts) > MAX_PARTS:
        raise Invalid(f"the path has {len(parts)} parts; at most {MAX_PARTS} are allowed")
    return parts


def _parts_of_file(path: str) -> tuple[str, ...]:
    parts = parts_of(path)
    if not parts:
        raise Invalid("name a file, not the folder itself")
    return parts


def check_name(part: str, path: str) -> None:
    """Raise PathOutsideFolder or Invalid if `part`, a name in `path`, is one that no file should have."""
    if part == "..":
        raise PathOutsideFolder(f"{path!r} leads upwards; use a path inside the working copy")
    if is_git(part):
        raise PathOutsideFolder("`.git` is not yours to read or write; use `commit` and `push`")
    if any(unicodedata.category(character).startswith("C") for character in part):
        raise Invalid("the path contains a control or invisible character")
    if len(part.encode()) > MAX_NAME_BYTES:
        raise Invalid(f"a name in the path is longer than {MAX_NAME_BYTES} bytes")


def is_git(name: str) -> bool:
    """Return True if some file system takes the name for `.git`."""
    # as the most lenient file system would read it: case, trailing dots and invisible characters do not count
    visible = "".join(c for c in name if not unicodedata.category(c).startswith("C"))
    # a stream of NTFS (`.git::$INDEX_ALLOCATION`), a separator of Windows
    return any(part.partition(":")[0].casefold().rstrip(". ") in (".git", "git~1") for part in visible.split("\\"))


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


def _exists(folder: OpenFolder, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _refusal(error, folder.shown(name)) from error
    return True


def _mode_of(folder: OpenFolder, name: str) -> int | None:
    """Return the permissions of the file that is to be replaced, None if there is none."""
    try:
        found = os.stat(name, dir_fd=folder.descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refusal(error, folder.shown(name)) from error
    if stat.S_ISLNK(found.st_mode):
        raise PathOutsideFolder(f"{folder.shown(name)} is a link; links are not followed")
    if not stat.S_ISREG(found.st_mode):
        raise Invalid(f"{folder.shown(name)} is not a regular file and cannot be overwritten")
    return stat.S_IMODE(found.st_mode) & 0o777


def _write(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


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
    if error.errno == errno.EACCES:
        return Invalid(f"{shown} may not be read or written ({error.strerror}); chmod u+rwX it, or remove it")
    return Invalid(f"{shown}: {error.strerror}")


def _entry(item: "os.DirEntry[str]") -> DirectoryEntry:
    if item.is_symlink():
        return DirectoryEntry(item.name, EntryKind.LINK, 0)
    if item.is_dir(follow_symlinks=False):
        return DirectoryEntry(item.name, EntryKind.FOLDER, 0)
    kind = EntryKind.FILE if item.is_file(follow_symlinks=False) else EntryKind.OTHER
    return DirectoryEntry(item.name, kind, _size(item))


def _size(item: "os.DirEntry[str]") -> int:
    try:
        return item.stat(follow_symlinks=False).st_size
    except OSError:
        return 0  # it was removed while the folder was read
