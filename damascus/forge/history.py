"""What a model may see of its work's history. git reads the company's own objects here, never a working copy."""

import re
from pathlib import Path

import git

from damascus.core.errors import NotFound
from damascus.forge.git_command import BRANCH, run_git, start_git, unavailable

MAX_OUTPUT_BYTES = 200_000
DIFF_SECONDS = 30.0
_SHA = re.compile(r"[0-9a-f]{4,40}")
_SHOWN = ("--no-ext-diff", "--no-textconv", "--no-color")


def resolve(git_dir: Path, sha: str) -> str:
    """Return the whole sha of a commit, given at least its first 4 digits. Raises NotFound if there is no such one."""
    if not _SHA.fullmatch(sha):
        raise NotFound(f"{sha[:100]!r} is not a commit's id; `history` lists them")
    try:
        return run_git(git_dir, "rev-parse", "--verify", "--quiet", f"{sha}^{{commit}}")
    except git.GitCommandError:
        raise NotFound(f"there is no commit {sha}; `history` lists them") from None


def log(git_dir: Path, limit: int) -> str:
    """Return the last commits, newest first: id, time, author, subject, and how much each changed."""
    form = "--format=%h %ad %an: %s"
    return _read(git_dir, "log", f"--max-count={limit}", form, "--date=iso-strict", "--shortstat", *_SHOWN, BRANCH)


def diff(git_dir: Path, before: str, after: str, path: str) -> str:
    """Return what changed between two trees, below `path` if it is given: a summary and the lines."""
    shown = ("-r", "--stat=120", "--patch", "--no-renames", *_SHOWN)
    return _read(git_dir, "--literal-pathspecs", "diff-tree", *shown, before, after, "--", *([path] if path else []))


def _read(git_dir: Path, *args: str) -> str:
    """Return the output of a git that only reads, cut off after MAX_OUTPUT_BYTES."""
    try:
        process = start_git(git_dir, "-c", "core.quotePath=false", *args, env={}, seconds=DIFF_SECONDS)
        data = bytes(process.stdout.read(MAX_OUTPUT_BYTES + 1))
        if len(data) > MAX_OUTPUT_BYTES:
            process.terminate()
            data = data[:MAX_OUTPUT_BYTES] + b"\n[more is left out; name a path]"
        else:
            process.wait()
    except git.GitCommandError as error:
        raise unavailable(error, "show the history") from error
    return data.decode(errors="replace").replace("\0", "?").strip("\n")
