"""What a new repository may begin with: files that run and are tested as they are.

Each kind has a folder in `skeletons/`; the files end with `.txt` there, so that nobody takes them for the company's.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

_FOLDER = Path(__file__).parent / "skeletons"


class Skeleton(StrEnum):
    """The kind of product; its folder has this name."""

    EMPTY = "empty"
    PYTHON = "python"
    NODE = "node"
    TYPESCRIPT = "typescript"
    STATIC = "static"


TEST_COMMANDS = {
    Skeleton.PYTHON: "python3 -m unittest discover -s tests",
    Skeleton.NODE: "node --test",
    Skeleton.TYPESCRIPT: "node --experimental-strip-types --test",
    Skeleton.STATIC: "python3 -m unittest discover -s tests",
}


def files_of(kind: Skeleton) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a skeleton, by their places in a repository."""
    folder = _FOLDER / kind
    for path in sorted(folder.rglob("*.txt")):
        yield path.relative_to(folder).with_suffix("").as_posix(), path.read_bytes()
