"""Reads a working copy as what it is: names, plain bytes, and links as words. Nothing in it is run or followed.

A command of a model's may still be at work in it. Whatever cannot be read, or is not a file, ends the reading with an
error that names it: a commit never silently lacks something.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from dulwich.index import validate_path, validate_path_element_hfs, validate_path_element_ntfs

from damascus.core.confined_folder import MAX_PARTS, ConfinedFolder, DirectoryEntry, OpenFolder, check_name, is_git
from damascus.core.errors import Invalid, PathOutsideFolder
from damascus.forge.gitignore import FILE_NAME, MAX_GITIGNORE_BYTES, IgnoreRules
from damascus.forge.port import MAX_FILE_BYTES, never

MAX_ENTRIES = 50_000
MAX_TREE_BYTES = 500 * 1024 * 1024
MAX_LINK_CHARS = 1_000

FILE, EXECUTABLE, LINK = 0o100644, 0o100755, 0o120000

Parts = tuple[str, ...]
Withhold = Callable[[Parts], bool]


@dataclass(frozen=True, slots=True)
class WorkingFile:
    """A file as git keeps it: its path, one of the three modes, and its bytes or where the link leads."""

    path: Parts
    mode: int
    data: bytes


class WorkingFiles:
    """The files of a working copy that belong into a commit; iterate over it once.

    What a `.gitignore` names does not, unless it is `tracked`: the last commit has it.

    Raises:
        Invalid: if there is something that no commit may have, or too much.
        PathOutsideFolder: if a link leads out, or a folder became a link meanwhile.
    """

    def __init__(
        self, root: Path, withhold: Withhold = never, ignored: Callable[[Parts], object] = never,
        tracked: Collection[Parts] = (),
    ) -> None:  # fmt: skip
        self._folder = ConfinedFolder(root)
        self._tracked = {parts[:n] for parts in tracked for n in range(1, len(parts) + 1)}
        self._withhold = withhold
        self._note_ignored = ignored
        self._rules = IgnoreRules()
        self._entries = self._bytes = 0

    def __iter__(self) -> Iterator[WorkingFile]:
        with self._folder.open() as top:
            yield from self._files(top)

    def _files(self, folder: OpenFolder, *, is_ignored: bool = False) -> Iterator[WorkingFile]:
        entries = folder.entries(MAX_ENTRIES - self._entries + 1)
        self._entries += len(entries)
        if self._entries > MAX_ENTRIES:
            raise Invalid(
                f"the working copy has more than {MAX_ENTRIES} files; remove what does not belong to the code"
            )
        ignored = [entry for entry in entries if entry.name == FILE_NAME and entry.kind == "file"]
        data = folder.read(FILE_NAME, MAX_GITIGNORE_BYTES).data if ignored else b""
        mark = self._rules.enter(folder.path, data)
        for entry in entries:
            yield from self._file(folder, entry, is_ignored)
        self._rules.leave(mark)

    def _file(self, folder: OpenFolder, entry: DirectoryEntry, is_ignored: bool) -> Iterator[WorkingFile]:
        path = (*folder.path, entry.name)
        if path == (".git",):
            return  # what `git init` makes for a model: nobody reads it, and it is in no commit
        is_ignored = is_ignored or self._rules.ignores(path, is_folder=entry.kind == "folder")
        if is_ignored and path not in self._tracked and not is_git(entry.name):
            self._note_ignored(path)
            return
        check_path(path)
        if self._withhold(path):
            return
        if entry.kind == "folder":
            with folder.enter(entry.name) as inner:
                yield from self._files(inner, is_ignored=is_ignored)
        elif entry.kind == "link":
            yield WorkingFile(path, LINK, checked_link(path, folder.link(entry.name)))
        elif entry.kind == "file":
            yield self._read(folder, entry, path)
        else:
            # to read a pipe would wait forever
            raise Invalid(f"{folder.shown(entry.name)} is a pipe, a socket or a device; remove it")

    def _read(self, folder: OpenFolder, entry: DirectoryEntry, path: Parts) -> WorkingFile:
        shown = folder.shown(entry.name)
        if entry.size > MAX_FILE_BYTES:
            raise Invalid(f"{shown} is larger than {MAX_FILE_BYTES >> 20} MB")
        content = folder.read(entry.name, MAX_FILE_BYTES + 1)
        if len(content.data) > MAX_FILE_BYTES:  # it grew meanwhile
            raise Invalid(f"{shown} is larger than {MAX_FILE_BYTES >> 20} MB")
        self._bytes += len(content.data)
        if self._bytes > MAX_TREE_BYTES:
            raise Invalid(f"the files are together larger than {MAX_TREE_BYTES >> 20} MB; remove what is not code")
        return WorkingFile(path, EXECUTABLE if content.executable else FILE, content.data)


def check_path(path: Parts) -> None:
    """Raise Invalid or PathOutsideFolder, with the path, if it is one that no file of a repository may have."""
    shown = _shown(path)
    try:
        raw = "/".join(path).encode()
    except UnicodeEncodeError:
        raise Invalid(f"{shown} has a name that is not UTF-8; rename it") from None
    validators = (validate_path_element_hfs, validate_path_element_ntfs)
    if any(is_git(name) for name in path) or not all(validate_path(raw, validator) for validator in validators):
        raise Invalid(
            f"{shown} cannot be committed: it is a repository within the repository, or has a name that git or another "
            f"system takes for one; remove or rename {shown}"
        )
    for name in path:
        try:
            check_name(name, "/".join(path))
        except Invalid as error:
            raise Invalid(f"{shown} cannot be committed: {error}; rename it") from error
    if len(path) > MAX_PARTS:
        raise Invalid(f"{shown[:200]} lies more than {MAX_PARTS} folders deep; move it up")


def checked_link(path: Parts, target: str) -> bytes:
    """Return where a link at `path` leads, as git keeps it. Raises PathOutsideFolder if that may be outside.

    `..` is allowed at the beginning only and never above the top: so no way through other links leads out, either.
    """
    names = target.split("/")
    climbs = 0
    while climbs < len(names) and names[climbs] in ("..", "."):
        climbs += 1
    upwards = names[:climbs].count("..")
    rest = [name for name in names[climbs:] if name not in ("", ".")]
    if not target or target.startswith("/") or upwards >= len(path) or ".." in rest or len(target) > MAX_LINK_CHARS:
        raise PathOutsideFolder(f"{_shown(path)} is a link that leads, or may lead, out of the repository; remove it")
    if rest:
        check_path((*path[: len(path) - 1 - upwards], *rest))
    return target.encode()


def _shown(path: Parts) -> str:
    return "".join(c if c.isprintable() else "?" for c in "/".join(path))
