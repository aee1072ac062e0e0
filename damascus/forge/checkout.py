"""Writes the files of a commit into a folder, and nothing else of its repository.

As a clone would have them; `git archive` leaves out what the commit's own .gitattributes tell it to.
"""

import re
import tempfile
from pathlib import Path

import git

from damascus.core.errors import Conflict, NotFound
from damascus.forge.git_command import run_git

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def export_commit(git_dir: Path, sha: str, folder: Path) -> None:
    """Write a commit's files into `folder`, which must not exist.

    Raises:
        NotFound: if there is no such commit.
        Conflict: if the folder exists.
    """
    if not _has(git_dir, sha):
        raise NotFound(f"{git_dir.stem} has no commit {sha}")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise Conflict(f"{folder} already exists; a checkout needs a folder of its own") from None
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        run_git(git_dir, "read-tree", sha, env=index)
        run_git(git_dir, "checkout-index", "--all", "--quiet", work_tree=folder, env=index)


def _has(git_dir: Path, sha: str) -> bool:
    if not git_dir.exists() or not _SHA.fullmatch(sha):
        return False
    try:
        run_git(git_dir, "cat-file", "-e", f"{sha}^{{commit}}")
    except git.GitCommandError:
        return False
    return True
