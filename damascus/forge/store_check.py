"""Whether the company's own store takes commits: one is made beside the repositories, and theirs can be written."""

import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import git

from damascus.core.clock import Clock
from damascus.core.errors import Unavailable
from damascus.core.records.authors import Author
from damascus.core.room import cannot_write
from damascus.forge.git_command import BRANCH, run_git, unavailable
from damascus.forge.objects import open_objects

MAX_LOOKED_AT = 50  # repositories, the last ones that changed
CHECKER = Author("The company's check", "check@damascus.local")


def check_store(root: Path, clock: Clock) -> None:
    """Make a repository with a commit under `root` and remove it, and look at the others there.

    Raises Unavailable, with whose a folder is and what to do, if one takes no commit.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".check-", dir=root) as name:
            _commit(Path(name), clock)
        for folder in _written_folders(root):
            with tempfile.TemporaryFile(dir=folder):
                pass
    except git.GitCommandError as error:
        raise unavailable(error, f"make a repository under {root}") from error
    except OSError as error:
        named = Path(str(error.filename)) if error.filename else root
        place = next((p for p in (named, *named.parents) if os.path.exists(p)), root)
        raise Unavailable(f"no commit can be stored: {cannot_write(place, error)}") from error


def _commit(folder: Path, clock: Clock) -> None:
    run_git(folder, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
    with open_objects(folder) as objects:
        objects.commit(objects.write_tree([]), "Check the store", CHECKER, clock.now())


def _written_folders(root: Path) -> Iterator[Path]:
    """Yield the folders that a push writes in, of the repositories that changed last."""
    newest = sorted(root.glob("*.git"), key=lambda path: path.stat().st_mtime, reverse=True)
    for repository in islice(newest, MAX_LOOKED_AT):
        for part in ("objects", "refs/heads"):
            if (repository / part).is_dir():
                yield repository / part
        yield from (path for path in (repository / "objects").glob("*") if path.is_dir() and not _is_ours(path))


def _is_ours(path: Path) -> bool:
    return os.access(path, os.W_OK | os.X_OK, effective_ids=True)
