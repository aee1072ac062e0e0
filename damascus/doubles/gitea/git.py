"""Runs git on the stand-in's repositories, in an environment built from nothing.

What is not promised: safety from a repository's own config or hooks. Only the stand-in writes into these, by `git init`
and `git http-backend`.
"""

import os
import subprocess
from pathlib import Path

from damascus.core.settings import child_environment

BRANCH = "main"
GIT_TIMEOUT_SECONDS = 120


def environment(**more: str) -> dict[str, str]:
    """Return the whole environment of a git: no config of this machine or its user, no questions."""
    return {
        "PATH": child_environment().get("PATH", ""),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
        **more,
    }


def run_git(git_dir: Path, *args: str) -> str:
    """Run git on this git directory and return its output.

    Raises subprocess.CalledProcessError if git fails, TimeoutExpired after GIT_TIMEOUT_SECONDS.
    """
    done = subprocess.run(
        ["git", f"--git-dir={git_dir}", *args], env=environment(), cwd=git_dir, capture_output=True, check=True,
        timeout=GIT_TIMEOUT_SECONDS,
    )  # fmt: skip
    return done.stdout.decode(errors="replace").rstrip("\n")


def query_git(git_dir: Path, *args: str) -> str:
    """Run git as `run_git` does; return an empty text if it fails, as for a commit that does not exist."""
    try:
        return run_git(git_dir, *args)
    except subprocess.CalledProcessError:
        return ""


def head_of(git_dir: Path) -> str | None:
    """Return the commit that `main` is at, None before the first push."""
    return query_git(git_dir, "rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}") or None
