"""What a model may see of its work's history. git reads the company's own objects here, never a working copy."""

import re
from pathlib import Path

import git

from damascus.core.errors import NotFound
from damascus.forge.git_command import BRANCH, run_git, start_git, unavailable
from damascus.forge.port import FileChange

MAX_OUTPUT_BYTES = 200_000
MAX_PATCH_BYTES = 20_000_000
DIFF_SECONDS = 30.0
_SHA = re.compile(r"[0-9a-f]{4,40}")
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_COUNT = re.compile(r"(\d+|-)\t(\d+|-)\t(.+)")
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


def changes(git_dir: Path, before: str, after: str) -> list[FileChange]:
    """Return how each file differs between two trees; what is not text has no lines."""
    shown = ("-r", "--numstat", "--patch", "--unified=0", "--no-renames", "--no-prefix", *_SHOWN)
    text = _read(git_dir, "diff-tree", *shown, before, after, limit=MAX_PATCH_BYTES)
    counts, _, patch = text.partition("\n\n")
    changed = _changed_lines(patch)
    found = [match.groups() for match in map(_COUNT.fullmatch, counts.split("\n")) if match]
    return [
        FileChange(path, int(added.strip("-") or 0), int(removed.strip("-") or 0), tuple(changed.get(path, ())))
        for added, removed, path in found
    ]


def _changed_lines(patch: str) -> dict[str, list[range]]:
    """Return which lines of each file a patch without context adds or changes."""
    found, path, lines = dict[str, list[range]](), "", iter(patch.split("\n"))
    for line in lines:
        hunk = _HUNK.match(line)
        if hunk is None:
            path = line[4:] if line.startswith("+++ ") else path
            continue
        removed, first, added = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
        found.setdefault(path, []).append(range(first, first + added))
        for _ in range(removed + added):  # a line of the file's may look like any of the above
            next(lines, None)
    return found


def file_head(git_dir: Path, id: str, limit: int) -> tuple[bytes, int]:
    """Return the first bytes of a file that is kept under an id, and how many it has in all."""
    try:
        size = int(run_git(git_dir, "cat-file", "-s", id))
    except git.GitCommandError as error:
        raise unavailable(error, "read a file") from error
    return _bytes(git_dir, "cat-file", "blob", id, limit=limit), size


def _read(git_dir: Path, *args: str, limit: int = MAX_OUTPUT_BYTES) -> str:
    """Return the output of a git that only reads, cut off after `limit` bytes."""
    data = _bytes(git_dir, *args, limit=limit + 1)
    if len(data) > limit:
        data = data[:limit] + b"\n[more is left out; name a path]"
    return data.decode(errors="replace").replace("\0", "?").strip("\n")


def _bytes(git_dir: Path, *args: str, limit: int) -> bytes:
    """Return the first bytes that a git which only reads writes; it is ended if there are more."""
    try:
        process = start_git(git_dir, "-c", "core.quotePath=false", *args, env={}, seconds=DIFF_SECONDS)
        data = bytes(process.stdout.read(limit + 1))
        if len(data) > limit:
            process.terminate()
        else:
            process.wait()
    except git.GitCommandError as error:
        raise unavailable(error, "show the history") from error
    return data[:limit]
