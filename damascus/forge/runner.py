"""Runs git on exactly one git directory, in an environment that nobody has set traps or habits in.

Nothing of the caller's environment gets through but KEPT: a `GIT_INDEX_FILE` that a hook has set, or the ignore file
of whoever's home this is, would change what a persona commits. What is not promised: that git succeeds.
"""

import os
import shutil
from pathlib import Path

import git

from damascus.core.errors import Unavailable
from damascus.core.settings import child_environment

BRANCH = "main"
SECONDS = 120
NOT_FOUND = 127
KEPT = frozenset({"PATH", "TMPDIR"})
SAFE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "LANGUAGE": "C",
    "LC_ALL": "C.UTF-8",
}
OPTIONS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.symlinks=true",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "diff.ignoreSubmodules=all",
    "protocol.file.allow=always",
    "advice.addEmbeddedRepo=false",
    "safe.bareRepository=explicit",
)


def run_git(
    git_dir: Path,
    *args: str,
    work_tree: Path | None = None,
    env: dict[str, str] | None = None,
    hold: tuple[int, ...] = (),
    seconds: float = SECONDS,
) -> str:
    """Run git on this git directory (and work tree) and return its output.

    `hold` are descriptors that git keeps open, so that a lock outlives a caller that is killed while git still works.
    Raises git.GitCommandError, also when git and all that it started have not ended after `seconds`.
    """
    ours = {**SAFE, **(env or {})}
    foreign = (name for name in child_environment() if name not in KEPT and name not in ours)
    options = (word for option in OPTIONS for word in ("-c", option))
    where = [f"--git-dir={git_dir}", *([f"--work-tree={work_tree}"] if work_tree else [])]
    # GitPython can only add to the environment; env takes away
    command = [
        *_limit(seconds),
        "env",
        *(word for name in foreign for word in ("-u", name)),
        "git",
        *options,
        *where,
        *args,
    ]
    # git runs in its own directory: a relative entry of PATH must not find a model's program in the work tree
    output = git.Git(git_dir).execute(command, env=ours, kill_after_timeout=seconds + 2, pass_fds=hold)
    return str(output)


def _limit(seconds: float) -> list[str]:
    """GitPython's own limit finds git's children by `ps`, which small images lack; where this is not, that is."""
    return ["timeout", "--signal=KILL", f"{seconds:g}"] if seconds != SECONDS and shutil.which("timeout") else []


def words(error: git.GitCommandError) -> str:
    """What git said, on one line."""
    said = " ".join(str(error.stderr).split()).removeprefix("stderr: ").strip("'")
    return said or f"exit code {error.status}"


def unavailable(error: git.GitCommandError, what: str) -> Unavailable:
    """The company's error for git that failed at `what` through no fault of the caller."""
    if error.status == NOT_FOUND:
        return Unavailable("there is no git on the PATH: install git")
    return Unavailable(f"git could not {what}: {words(error)}")
