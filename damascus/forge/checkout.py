"""Lays out the files of a commit, and nothing else of its repository.

As a clone would have them; `git archive` leaves out what the commit's own .gitattributes tell it to.
"""

import re
import tempfile
from pathlib import Path

import git

from damascus.core.errors import Conflict, NotFound
from damascus.forge.git_command import run_git

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def export_commit(git_dir: Path, sha: str, place: Path) -> None:
    """Put them in `place`, which must not exist. Raises NotFound when there is no such commit."""
    if not _has(git_dir, sha):
        raise NotFound(f"{git_dir.stem} has no commit {sha}")
    try:
        place.mkdir(parents=True)
    except FileExistsError:
        raise Conflict(f"{place} is there already; a checkout needs a folder of its own") from None
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        run_git(git_dir, "read-tree", sha, env=index)
        run_git(git_dir, "checkout-index", "--all", "--quiet", work_tree=place, env=index)


def _has(git_dir: Path, sha: str) -> bool:
    if not git_dir.exists() or not _SHA.fullmatch(sha):
        return False
    try:
        run_git(git_dir, "cat-file", "-e", f"{sha}^{{commit}}")
    except git.GitCommandError:
        return False
    return True
