"""Walks through a confined folder: every file in order, without links, within bounds.

A command may leave a tree that is endless for us (deep, wide); the walk stops at its bounds and reports it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from damascus.core.confined_folder import MAX_PARTS, MAX_PATH_CHARS, ConfinedFolder, DirectoryEntry, EntryKind, parts_of
from damascus.core.errors import Invalid, NotFound

MAX_ENTRIES = 5_000
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


@dataclass(slots=True)
class Walk:
    """Iterates over (path, entry) of every file and link below `start`; `cut` is set if bounds ended it."""

    folder: ConfinedFolder
    start: str = ""
    cut: bool = False

    def __iter__(self) -> Iterator[tuple[str, DirectoryEntry]]:
        seen = 0
        waiting = ["/".join(parts_of(self.start))]
        while waiting:
            folder = waiting.pop()
            inner = []
            for entry in self._entries(folder, MAX_ENTRIES - seen + 1):
                seen += 1
                if seen > MAX_ENTRIES:
                    self.cut = True
                    return
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.kind != EntryKind.FOLDER:
                    yield path, entry
                elif entry.name not in SKIPPED_FOLDERS:
                    inner.append(path)
            waiting += reversed(inner)

    def _entries(self, folder: str, limit: int) -> list[DirectoryEntry]:
        if folder.count("/") + 2 > MAX_PARTS or len(folder) > MAX_PATH_CHARS // 2:
            self.cut = True
            return []
        try:
            return self.folder.entries(folder, limit)
        except (Invalid, NotFound):
            if folder == "/".join(parts_of(self.start)):
                raise
            self.cut = True  # it vanished, became a link, or has a name that no path of the company may have
            return []
