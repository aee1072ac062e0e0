"""The port to a Git forge.

The contract (tests/contracts/test_forge_contract.py): every method may be called again after a crash with the same
result; two processes may call at once; nothing that a model wrote into a workspace is ever executed or followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from damascus.core.records.authors import Author

MAX_FILE_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Repository:
    """`name` is the company's own; `url` is what one clones, `web_url` where one browses, if the forge has pages.

    `remote` is the id that a forge elsewhere gave it, which stays when somebody renames it there.
    """

    name: str
    url: str
    web_url: str | None = None
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class TaskIssue:
    """A task as the forge shows it: an issue. `mark` is in its text and tells it from every other one."""

    mark: str
    title: str
    text: str
    open: bool
    number: int | None = None


class Forge(Protocol):
    """Repositories with a `main` branch, and working copies of them.

    Everything but `publish` and `track` happens in the company's own store. `abroad` says that these two reach
    another machine: they may raise Unavailable (later will do), and until they succeed nobody else sees the work.
    """

    abroad: bool

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

    async def push(self, path: Path, repository: Repository, sha: str | None = None) -> str:
        """Push a working copy's commits, up to `sha` or the last one, to `main`; the sha that is its head now.

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

    async def copy(self, path: Path, sha: str, place: Path) -> None:
        """What `checkout` does, for a commit of a working copy, pushed or not."""
        ...

    async def list_repositories(self) -> list[Repository]: ...

    async def publish(self, repository: Repository) -> Repository:
        """Bring what was pushed to where people find it; the repository as it is there.

        Made there when it is not there (any more); a new `remote` then says so. Raises Conflict when `main` has other
        commits there: nothing is ever overwritten.
        """
        ...

    async def track(self, repository: Repository, tickets: Sequence[TaskIssue]) -> dict[str, int]:
        """Show tasks as issues, open or closed as they say; the numbers by their marks.

        Raises NotFound when the published repository is not there any more.
        """
        ...

    def commit_link(self, repository: Repository, sha: str) -> str:
        """Where a person can look at a commit."""
        ...
