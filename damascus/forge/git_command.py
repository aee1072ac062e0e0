"""Runs git on exactly one git directory, in an environment of our own.

Nothing of the caller's environment gets through but KEPT_VARIABLES: a `GIT_INDEX_FILE` that a hook has set, or the
ignore file of this user's home, would change what a persona commits. What is not promised: that git succeeds.
"""

import os
import shutil
from pathlib import Path

import git

from damascus.core.errors import Unavailable
from damascus.core.settings import child_environment

BRANCH = "main"
GIT_TIMEOUT_SECONDS = 120
EXIT_NOT_FOUND = 127
ULIMIT_BLOCK = 512
EXIT_KILLED = (-9, 137)  # by SIGKILL: of git itself, or of `timeout`, which then says so
KEPT_VARIABLES = frozenset({"PATH", "TMPDIR"})
SAFE_VARIABLES = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "LANGUAGE": "C",
    "LC_ALL": "C.UTF-8",
}
SAFE_OPTIONS = (
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
    pass_fds: tuple[int, ...] = (),
) -> str:
    """Run git on this git directory, never with a work tree, and return its output.

    `pass_fds` are descriptors that git keeps open, so that a lock outlives a caller that is killed while git runs.
    Raises git.GitCommandError if git fails, or has not ended after GIT_TIMEOUT_SECONDS.
    """
    command, ours = _command([f"--git-dir={git_dir}", *args], None)
    # git runs in its own directory, where a relative entry of PATH finds nothing of a model's
    output = git.Git(git_dir).execute(command, env=ours, kill_after_timeout=GIT_TIMEOUT_SECONDS, pass_fds=pass_fds)
    return str(output)


def start_git(
    git_dir: Path, *args: str, env: dict[str, str], seconds: float, max_bytes: int | None = None
) -> "git.Git.AutoInterrupt":
    """Start git and return its process, which ends with all that it started after `seconds` or when it is terminated.

    No file that it writes gets larger than `max_bytes`.

    GitPython's own limit finds git's children with `ps`, which small images lack.
    """
    command, ours = _command([f"--git-dir={git_dir}", *args], env)
    limit = ["timeout", "--signal=KILL", f"{seconds:g}"] if shutil.which("timeout") else []
    if max_bytes is not None:
        limit = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(max_bytes // ULIMIT_BLOCK), *limit]
    return git.Git(git_dir).execute([*limit, *command], env=ours, as_process=True)


def _command(args: list[str], env: dict[str, str] | None) -> tuple[list[str], dict[str, str]]:
    """Return the command line, and what is added to the environment."""
    ours = {**SAFE_VARIABLES, **(env or {})}
    foreign = (name for name in child_environment() if name not in KEPT_VARIABLES and name not in ours)
    options = (arg for option in SAFE_OPTIONS for arg in ("-c", option))
    # GitPython can only add to the environment; env takes away
    return ["env", *(arg for name in foreign for arg in ("-u", name)), "git", *options, *args], ours


def error_text(error: git.GitCommandError) -> str:
    """Return git's error output on one line, its exit code if there is none."""
    text = " ".join(str(error.stderr).split()).removeprefix("stderr: ").strip("'")
    return text or f"exit code {error.status}"


def unavailable(error: git.GitCommandError, what: str) -> Unavailable:
    """Return the company's error for a git that failed to do `what` through no fault of the caller."""
    if error.status == EXIT_NOT_FOUND:
        return Unavailable("git is not on the PATH; install git")
    return Unavailable(f"git could not {what}: {error_text(error)}")
