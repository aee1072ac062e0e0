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
) -> str:
    """Run git on this git directory (and work tree) and return its output.

    `hold` are descriptors that git keeps open, so that a lock outlives a caller that is killed while git still works.
    Raises git.GitCommandError, also when git has not ended after SECONDS.
    """
    where = [f"--git-dir={git_dir}", *([f"--work-tree={work_tree}"] if work_tree else [])]
    command, ours = _command([*where, *args], env)
    # git runs in its own directory: a relative entry of PATH must not find a model's program in the work tree
    output = git.Git(git_dir).execute(command, env=ours, kill_after_timeout=SECONDS, pass_fds=hold)
    return str(output)


def start_git(git_dir: Path, *args: str, env: dict[str, str], seconds: float) -> "git.Git.AutoInterrupt":
    """Start git as a process that ends after `seconds`, or when it is terminated, with all that it started.

    GitPython's own limit finds git's children by `ps`, which small images lack.
    """
    command, ours = _command([f"--git-dir={git_dir}", *args], env)
    limit = ["timeout", "--signal=KILL", f"{seconds:g}"] if shutil.which("timeout") else []
    return git.Git(git_dir).execute([*limit, *command], env=ours, as_process=True)


def _command(words: list[str], env: dict[str, str] | None) -> tuple[list[str], dict[str, str]]:
    """The command line, and what is added to the environment."""
    ours = {**SAFE, **(env or {})}
    foreign = (name for name in child_environment() if name not in KEPT and name not in ours)
    options = (word for option in OPTIONS for word in ("-c", option))
    # GitPython can only add to the environment; env takes away
    return ["env", *(word for name in foreign for word in ("-u", name)), "git", *options, *words], ours


def words(error: git.GitCommandError) -> str:
    """What git said, on one line."""
    said = " ".join(str(error.stderr).split()).removeprefix("stderr: ").strip("'")
    return said or f"exit code {error.status}"


def unavailable(error: git.GitCommandError, what: str) -> Unavailable:
    """The company's error for git that failed at `what` through no fault of the caller."""
    if error.status == NOT_FOUND:
        return Unavailable("there is no git on the PATH: install git")
    return Unavailable(f"git could not {what}: {words(error)}")
