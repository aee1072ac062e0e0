"""Locks between processes, and what to do about the lock files that a killed git leaves behind."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STALE_SECONDS = 60


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Let one process at a time in, and yield the descriptor of the lock.

    The lock lasts as long as a process has the descriptor: pass it to git, or a git that outlives its killed caller
    runs beside the next one.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def remove_left_behind(git_dir: Path, lock: int | None = None) -> None:
    """Remove git's own lock files: all of them, or with `lock` those a minute older than now.

    Without `lock` the caller must hold the one lock under which anybody runs git there.
    """
    if lock is not None:
        os.utime(lock)
    for folder in (git_dir, git_dir / "refs" / "heads", git_dir / "objects" / "pack"):
        for file in folder.glob("*.lock"):
            if lock is None or os.fstat(lock).st_mtime - file.stat().st_mtime > STALE_SECONDS:
                file.unlink(missing_ok=True)
