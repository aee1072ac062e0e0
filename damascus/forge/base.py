"""The port to a Git forge.

The contract (tests/contracts/test_forge_contract.py): every method may be called again after a crash with the same
result; two processes may call at once; nothing that a model wrote into a workspace is ever executed or followed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MAX_FILE_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Repository:
    """`url` is what one clones; `web_url` where one browses, if the forge has pages."""

    name: str
    url: str
    web_url: str | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Who commits."""

    name: str
    email: str


class Forge(Protocol):
    """Repositories with a `main` branch, and working copies of them."""

    async def create_repository(self, name: str, description: str, mission_id: str) -> Repository:
        """Make a repository for a mission; the mission's own of that name is returned if it is there.

        Where another mission has the name, the new one gets a number behind it.
        """
        ...

    async def open_workspace(self, repository: Repository, path: Path) -> None:
        """Make `path` a working copy; whole again after a crash half-way, what is in it stays."""
        ...

    async def commit(self, path: Path, message: str, author: Author) -> str | None:
        """Commit all that changed in a working copy; the commit's sha, None when nothing changed.

        Raises Invalid for a file over MAX_FILE_BYTES or a repository within the repository.
        """
        ...

    async def push(self, path: Path, repository: Repository) -> str:
        """Push a working copy's commits to `main`; the sha that is its head now.

        Raises Conflict when `main` has commits that the working copy has not, Invalid when there is no commit.
        """
        ...

    async def head(self, repository: Repository) -> str | None:
        """The sha of `main`, None before the first push."""
        ...

    async def workspace_head(self, path: Path) -> str | None:
        """The sha of the working copy's last commit, None before the first."""
        ...

    async def checkout(self, repository: Repository, sha: str, path: Path) -> None:
        """Lay out exactly the files of a pushed commit in `path`, which must not exist; no git data with it."""
        ...

    async def list_repositories(self) -> list[Repository]: ...

    def commit_link(self, repository: Repository, sha: str) -> str:
        """Where a person can look at a commit."""
        ...
