"""Commits as objects: made of bytes, read as bytes, in repositories that no model can write.

No program runs, and no config, attribute or hook is read: neither a model's nor this machine's.
"""

import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from dulwich.errors import ChecksumMismatch, FileFormatException
from dulwich.file import FileLocked
from dulwich.index import commit_tree
from dulwich.object_store import DiskObjectStore, MemoryObjectStore
from dulwich.objects import ZERO_SHA, Blob, Commit, ObjectID, ShaFile, Tree, TreeEntry
from dulwich.refs import DiskRefsContainer, Ref
from dulwich.walk import Walker

from damascus.core.confined_folder import MAX_PARTS, ConfinedFolder
from damascus.core.errors import Invalid, NotFound, PathOutsideFolder, Unavailable
from damascus.core.records.authors import Author
from damascus.forge.ci_files import is_ci_file, may_lead_to_ci_files
from damascus.forge.git_command import BRANCH
from damascus.forge.port import CommitInfo, TreeItem, TreeItemKind
from damascus.forge.working_files import (
    EXECUTABLE,
    FILE,
    LINK,
    MAX_ENTRIES,
    MAX_TREE_BYTES,
    Withhold,
    WorkingFile,
    check_path,
    checked_link,
)

ObjectT = TypeVar("ObjectT", bound=ShaFile)

PACK_BYTES = 16 * 1024 * 1024  # that wait in memory to be written together
MAX_MESSAGE_BYTES = 10_000
MAX_TIME = 253_402_300_799  # the last second of the year 9999
MAIN = Ref(f"refs/heads/{BRANCH}".encode())
_SHA = re.compile(r"[0-9a-f]{40}")
_DAMAGED = (FileFormatException, ChecksumMismatch, FileLocked, zlib.error)


class Objects:
    """The objects and the branch `main` of a repository of the company's own. Raises Unavailable if it is damaged."""

    def __init__(self, git_dir: Path, store: DiskObjectStore) -> None:
        self._git_dir = git_dir
        self._store = store

    def head(self) -> str | None:
        """Return the sha of the last commit of `main`, None before the first."""
        found = DiskRefsContainer(self._git_dir).read_ref(MAIN)
        return found.decode() if found and self.has_commit(found.decode()) else None

    def has_commit(self, sha: str) -> bool:
        if not _SHA.fullmatch(sha) or ObjectID(sha.encode()) not in self._store:
            return False
        return isinstance(self._store[ObjectID(sha.encode())], Commit)

    def tree_of(self, sha: str) -> ObjectID:
        """Return the id of a commit's tree. Raises NotFound if there is no such commit."""
        if not self.has_commit(sha):
            raise NotFound(f"{self._git_dir.stem} has no commit {sha}")
        return ObjectID(self._get(ObjectID(sha.encode()), Commit).tree)

    def parent_of(self, sha: str) -> str | None:
        """Return the sha of a commit's first parent, None if it is the first commit."""
        parents = self._get(ObjectID(sha.encode()), Commit).parents
        return parents[0].decode() if parents else None

    def files(self, sha: str, under: tuple[str, ...] = ()) -> Iterator[WorkingFile]:
        """Yield a commit's files in order: all, or the one, or those in the folder, at the path `under`.

        Raises:
            NotFound: if there is no such commit.
            Invalid: if it has what no folder should get: a submodule, a name of git's own, too much.
            PathOutsideFolder: if it has a link that leads out.
        """
        entries = total = 0
        for path, mode, id in self._entries(self.tree_of(sha), ()):
            if path[: len(under)] != under:
                continue
            data = self._get(id, Blob).as_raw_string()
            entries, total = entries + 1, total + len(data)
            if entries > MAX_ENTRIES or total > MAX_TREE_BYTES:
                raise Invalid(f"{sha} has more than {MAX_ENTRIES} files or {MAX_TREE_BYTES >> 20} MB")
            if mode == LINK:
                data = checked_link(path, data.decode(errors="replace"))
            yield WorkingFile(path, mode, data)

    def paths(self, sha: str) -> list[tuple[str, ...]]:
        """Return the paths of a commit's files, in order."""
        return [path for path, _, _ in self._entries(self.tree_of(sha), ())]

    def files_at(self, sha: str, paths: Iterable[tuple[str, ...]]) -> Iterator[WorkingFile]:
        """Yield the files of a commit at these paths."""
        wanted = set(paths)
        for path, mode, id in self._entries(self.tree_of(sha), ()) if wanted else ():
            if path in wanted:
                yield WorkingFile(path, mode, self._get(id, Blob).as_raw_string())

    def line_of(self, sha: str) -> Iterator[CommitInfo]:
        """Yield a commit, its first parent, and so on to the first one. Raises NotFound if there is no such commit."""
        self.tree_of(sha)
        next: str | None = sha
        while next is not None:
            commit = self._get(ObjectID(next.encode()), Commit)
            at = datetime.fromtimestamp(min(max(commit.commit_time, 0), MAX_TIME), UTC)
            yield CommitInfo(
                next, _shown(commit.author[:MAX_MESSAGE_BYTES]), at, _shown(commit.message[:MAX_MESSAGE_BYTES]).strip()
            )
            next = self.parent_of(next)

    def folder(self, sha: str, path: tuple[str, ...]) -> list[TreeItem]:
        """Return what a folder of a commit has. Raises NotFound if there is no such one."""
        found = self._get(self._folder(sha, path), Tree).iteritems()
        return [TreeItem(_shown(entry.path or b""), _kind(entry.mode or 0)) for entry in found]

    def file_id(self, sha: str, path: tuple[str, ...]) -> tuple[ObjectID, TreeItemKind]:
        """Return the id and the kind of a file or link of a commit. Raises NotFound if there is no such one."""
        entry = self._entry(self._folder(sha, path[:-1]), path[-1]) if path else None
        kind = _kind(entry.mode or 0) if entry is not None else TreeItemKind.OTHER
        if entry is None or kind in (TreeItemKind.FOLDER, TreeItemKind.OTHER):
            raise NotFound(f"{sha} has no file {'/'.join(path)[:200]!r}")
        return ObjectID(entry.sha or b""), kind

    def _folder(self, sha: str, path: tuple[str, ...]) -> ObjectID:
        tree = self.tree_of(sha)
        for at, part in enumerate(path, start=1):
            entry = self._entry(tree, part)
            if entry is None or not stat.S_ISDIR(entry.mode or 0):
                raise NotFound(f"{sha} has no folder {'/'.join(path[:at])[:200]!r}")
            tree = ObjectID(entry.sha or b"")
        return tree

    def _entry(self, tree: ObjectID, name: str) -> TreeEntry | None:
        return next(
            (entry for entry in self._get(tree, Tree).iteritems() if entry.path == name.encode(errors="replace")), None
        )

    def ci_files(self, sha: str, known: str | None, base: str | None = None) -> list[str]:
        """Return the paths of CI files in `sha` and the commits before it, without those that `known` has as well.

        Each commit counts, also where a later one removes the file: a push sends them all. Those
        that are as the commit `base` of somebody's has them are not the company's.
        """
        exclude = [ObjectID(known.encode())] if known and self.has_commit(known) else []
        walker = Walker(self._store, [ObjectID(sha.encode())], exclude=exclude)
        trees = {entry.commit.tree for entry in walker}
        there = set(self._ci_files(self.tree_of(base), ())) if base else set()
        return sorted({path for tree in trees for path, id in self._ci_files(tree, ()) if (path, id) not in there})

    def _ci_files(self, tree: ObjectID, above: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
        for entry in self._get(tree, Tree).iteritems():
            path = (*above, (entry.path or b"").decode(errors="replace"))
            is_folder = stat.S_ISDIR(entry.mode or 0)
            if is_ci_file(path) or (may_lead_to_ci_files(path) and not is_folder):
                yield "/".join(path), entry.sha or b""
            elif may_lead_to_ci_files(path):
                yield from self._ci_files(ObjectID(entry.sha or b""), path)

    def write_tree(self, files: Iterable[WorkingFile]) -> ObjectID:
        """Write the objects of these files and their folders; return the id of the tree."""
        listed: list[tuple[bytes, ObjectID, int]] = []
        waiting: list[ShaFile] = []
        size = 0
        for file in files:
            blob = Blob.from_string(file.data)
            listed.append(("/".join(file.path).encode(), blob.id, file.mode))
            if blob.id not in self._store:
                waiting.append(blob)
                size += len(file.data)
            if size > PACK_BYTES:
                self._write(waiting)
                waiting, size = [], 0
        trees = MemoryObjectStore()
        root = commit_tree(trees, listed)
        self._write([*waiting, *(trees[id] for id in trees if id not in self._store)])
        return root

    def commit(self, tree: ObjectID, message: str, author: Author, now: datetime) -> str:
        """Make a commit of a tree and move `main` from its last commit to it; return its sha.

        Raises Unavailable if somebody else moved `main` meanwhile.
        """
        head = self.head()
        commit = Commit()
        commit.tree = tree
        commit.parents = [ObjectID(head.encode())] if head else []
        commit.author = commit.committer = _identity(author)
        commit.author_time = commit.commit_time = int(now.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = _words(message)
        self._write([commit])
        before = ObjectID(head.encode()) if head else ZERO_SHA
        if not DiskRefsContainer(self._git_dir).set_if_equals(MAIN, before, commit.id):
            raise Unavailable(f"{BRANCH} of {self._git_dir.stem} was moved by another process; try again")
        return commit.id.decode()

    def _write(self, objects: Iterable[ShaFile]) -> None:
        unique = {each.id: each for each in objects}
        if unique:
            self._store.add_objects([(each, None) for each in unique.values()])

    def _entries(self, tree: ObjectID, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int, ObjectID]]:
        if len(above) > MAX_PARTS:
            raise Invalid(f"{'/'.join(above)[:200]} lies more than {MAX_PARTS} folders deep")
        for entry in self._get(tree, Tree).iteritems():
            path, mode = (*above, _name(entry)), entry.mode or 0
            check_path(path)
            if stat.S_ISDIR(mode):
                yield from self._entries(ObjectID(entry.sha or b""), path)
            elif stat.S_ISREG(mode) or mode == LINK:
                kept = LINK if mode == LINK else EXECUTABLE if mode & stat.S_IXUSR else FILE
                yield path, kept, ObjectID(entry.sha or b"")
            else:
                raise Invalid(f"{'/'.join(path)} is a repository within the repository; the company cannot use it")

    def _get(self, id: ObjectID, kind: type[ObjectT]) -> ObjectT:
        try:
            found = self._store[id]
        except KeyError:
            raise Unavailable(f"the git data at {self._git_dir} is damaged: {id.decode()} is missing") from None
        if not isinstance(found, kind):
            raise Unavailable(f"the git data at {self._git_dir} is damaged: {id.decode()} is of another kind")
        return found


@contextmanager
def open_objects(git_dir: Path) -> Iterator[Objects]:
    """Yield the objects of a repository. What was written is durable when the call that wrote it returns."""
    store = DiskObjectStore(git_dir / "objects", fsync_object_files=True)
    try:
        yield Objects(git_dir, store)
    except _DAMAGED as error:
        raise Unavailable(f"the git data at {git_dir} cannot be used: {error or type(error).__name__}") from error
    finally:
        store.close()


def write_files(files: Iterable[WorkingFile], folder: Path, leave_out: Withhold) -> list[str]:
    """Write files into a new folder. Returns the paths of those that were left out."""
    place, left = ConfinedFolder(folder), []
    for file in files:
        if leave_out(file.path):
            left.append("/".join(file.path))
        else:
            write_file(place, file)
    return left


def complete(files: Iterable[WorkingFile], folder: Path) -> None:
    """Write those files of which there is nothing in a working copy; what is there, in whatever form, stays."""
    place = ConfinedFolder(folder)
    for file in files:
        try:
            write_file(place, file)
        except (Invalid, PathOutsideFolder):
            continue  # a folder of its path is something else now: the model's change, too


def write_file(place: ConfinedFolder, file: WorkingFile) -> bool:
    """Write one file unless its name is taken. Returns True if it was written."""
    path = "/".join(file.path)
    if file.mode == LINK:
        return place.place_link(path, file.data.decode())
    return place.place(path, file.data, executable=file.mode == EXECUTABLE)


def _name(entry: TreeEntry) -> str:
    raw = entry.path or b""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Invalid(f"{raw!r} is a name that is not UTF-8; the company cannot use it") from None


def _kind(mode: int) -> TreeItemKind:
    if stat.S_ISDIR(mode):
        return TreeItemKind.FOLDER
    if stat.S_ISLNK(mode):
        return TreeItemKind.LINK
    if stat.S_ISREG(mode):
        return TreeItemKind.EXECUTABLE if mode & stat.S_IXUSR else TreeItemKind.FILE
    return TreeItemKind.OTHER


def _shown(raw: bytes) -> str:
    return raw.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def _identity(author: Author) -> bytes:
    name, email = (re.sub(r"[<>\0-\x1f]+", " ", text).strip() for text in (author.name, author.email))
    return f"{name or 'unknown'} <{email}>".encode(errors="replace")


def _words(message: str) -> bytes:
    lines = [line.rstrip() for line in message.replace("\0", "").strip().splitlines()]
    return ("\n".join(lines) + "\n").encode(errors="replace")
