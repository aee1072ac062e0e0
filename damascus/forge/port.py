"""The port to a Git forge.

The contract (tests/contracts/test_forge_contract.py): every method may be called again after a crash with the same
result; two processes may call at once; nothing that a model wrote into a workspace is ever executed or followed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from damascus.core.records.authors import Author
from damascus.core.records.directives import ExistingCode
from damascus.forge.board import Board, PullRequest, Release, Tracked

NOTHING = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the tree without files, as git names it
MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_READ_BYTES = 256 * 1024


def never(_: tuple[str, ...]) -> bool:
    """Leave nothing out."""
    return False


@dataclass(frozen=True, slots=True)
class Repository:
    """A Git repository: `url` is what one clones, `web_url` where one browses, if the forge has pages.

    `name` is the company's own. `remote_id` is the id that a remote forge gave it, which stays if it is renamed there.
    `note` is what a person should know of how it is there. `branch` is where the company's work goes, `base` the commit
    that it begins from if the code is somebody's: then `main` stays there.
    """

    name: str
    url: str
    web_url: str | None = None
    remote_id: str | None = None
    note: str | None = None
    branch: str = "main"
    base: str | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """How a file differs between two commits: how many lines were added and removed, and which are new or changed."""

    path: str
    added: int
    removed: int
    lines: tuple[range, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit of a branch, and who made it, when and why, in the words of its maker."""

    sha: str
    author: str
    at: datetime
    message: str


class TreeItemKind(StrEnum):
    """What a name in a folder of a commit is; `other` is what the company cannot use, as a repository within it."""

    FILE = "file"
    EXECUTABLE = "executable"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TreeItem:
    """What a folder of a commit has; its name may be any."""

    name: str
    kind: TreeItemKind


@dataclass(frozen=True, slots=True)
class FileHead:
    """The first bytes of a file of a commit, how many it has in all, and its kind."""

    data: bytes
    size: int
    kind: TreeItemKind


class Forge(Protocol):
    """Repositories with a `main` branch, and working copies of them.

    Everything but `publish`, `refresh`, `track`, `release` and `propose` happens in the local store. `is_remote` says
    that these reach another machine: they may raise Unavailable (try again later), and until they succeed nobody else
    sees the work.
    """

    is_remote: bool

    async def create_repository(self, name: str, description: str, mission_id: str) -> Repository:
        """Make a repository for a mission and return it, or the one that the mission already has under this name.

        If another mission has the name, a number is appended to the new one's. Raises Invalid if all are taken.
        """
        ...

    async def adopt(self, origin: str, owner: str) -> ExistingCode:
        """Clone code of somebody's from an address or a folder of this machine, for an owner who then has it.

        Returns what the owner has if that was done before. Nothing of the clone is executed.

        Raises:
            Invalid: if it may not be cloned from there, or has what the company cannot work with.
            Unavailable: if it cannot be reached now.
        """
        ...

    async def open_workspace(self, repository: Repository, path: Path) -> None:
        """Make `path` a working copy, or complete one that a crash left incomplete; its files stay as they are."""
        ...

    async def commit(
        self,
        path: Path,
        message: str,
        author: Author,
        leave_out: Callable[[tuple[str, ...]], bool] = never,
        ignored: Callable[[tuple[str, ...]], object] = never,
    ) -> str | None:
        """Commit all that changed in a working copy. Returns the commit's sha, None if nothing changed.

        Files and folders of whose parts `leave_out` is true are not in the commit; `ignored` is called with the parts
        of each that a `.gitignore` names.
        It has the files' bytes as they are, without what the `.gitignore` files name. No program runs on them.
        In code of somebody's, what the last commit has and is left out or ignored stays as it is there.

        Raises:
            Invalid: if there is what no commit may have (a file of over MAX_FILE_BYTES, a pipe, a name that some system
                takes for `.git`), or it cannot be read.
            PathOutsideFolder: if a link leads out.
            Conflict: if `path` is not a working copy.
        """
        ...

    async def push(self, path: Path, repository: Repository, sha: str | None = None) -> str:
        """Push a working copy's commits, up to `sha` or the last one, to the repository's branch. Returns its head now.

        Raises:
            Invalid: if there is no commit.
            Conflict: if the branch has commits that the working copy does not have, or `path` is not a working copy.
        """
        ...

    async def history(self, path: Path, limit: int) -> str:
        """Return the last commits of a working copy as text, newest first; empty if there is none.

        Raises Conflict if `path` is not a working copy; so do `diff` and `restore`.
        """
        ...

    async def diff(self, path: Path, sha: str | None, file: str) -> str:
        """Return as text what a commit changed, or, without one, the working copy since its last commit.

        `file`, a file or folder, limits it unless it is empty; long output is cut off.

        Raises:
            NotFound: if there is no such commit.
            Invalid: if the working copy has what no commit may have.
        """
        ...

    async def changes(self, path: Path, sha: str, since: str | None = None) -> list[FileChange]:
        """Return how the files of a working copy's commit differ from those of another (NOTHING: none), or its parent.

        Raises NotFound if there is no such commit.
        """
        ...

    async def restore(self, path: Path, file: str, sha: str | None) -> list[str]:
        """Write a file, or all of a folder, as a commit has it, by default the last one. Returns the paths written.

        Files that the commit does not have stay. What was pushed or committed does not change.

        Raises NotFound if there is no such commit, or no such file in it.
        """
        ...

    async def forget_workspace(self, path: Path) -> None:
        """Remove the git data of a working copy; commits that were not pushed are lost. Its files stay."""
        ...

    async def head(self, repository: Repository) -> str | None:
        """Return the sha of the repository's branch, None before the first push."""
        ...

    async def workspace_head(self, path: Path) -> str | None:
        """Return the sha of the working copy's last commit, None before the first."""
        ...

    async def checkout(
        self, repository: Repository, sha: str, path: Path, leave_out: Callable[[tuple[str, ...]], bool] = never
    ) -> list[str]:
        """Write exactly the files of a pushed commit, without git data, into `path`.

        Returns the paths of the files that were left out, because `leave_out` is true of their parts.

        Raises:
            NotFound: if there is no such commit.
            Conflict: if `path` exists.
            Invalid: if the commit has what no folder should get, such as a submodule.
            PathOutsideFolder: if it has a link that leads out.
        """
        ...

    async def checkout_from_workspace(self, workspace: Path, sha: str, path: Path) -> None:
        """Do what `checkout` does, for a commit of a working copy, pushed or not."""
        ...

    async def read_files(
        self, repository: Repository, sha: str, wanted: Callable[[tuple[str, ...]], bool]
    ) -> dict[str, bytes]:
        """Return the files of a commit whose parts `wanted` is true of, but no links and none over MAX_READ_BYTES.

        Raises NotFound if there is no such commit.
        """
        ...

    async def file_names(self, repository: Repository, sha: str) -> list[str]:
        """Return the paths of the files of a commit, in order. Raises NotFound if there is no such commit."""
        ...

    async def commits(self, repository: Repository, limit: int, after: str | None = None) -> list[CommitInfo]:
        """Return the newest commits of the branch, or those before the commit `after`, in order.

        Of a merge only the first parent's line is followed. Raises NotFound if there is no such commit.
        """
        ...

    async def folder(self, repository: Repository, sha: str, path: tuple[str, ...]) -> list[TreeItem]:
        """Return what is in a folder of a commit, in git's order, also what no working copy may have.

        Nothing of it is followed or written. Raises NotFound if there is no such commit, or no such folder in it.
        """
        ...

    async def file_head(self, repository: Repository, sha: str, path: tuple[str, ...], limit: int) -> FileHead:
        """Return at most `limit` bytes of a file of a commit; of a link where it leads.

        Raises NotFound if there is no such commit, or no such file in it.
        """
        ...

    async def zip(self, repository: Repository, sha: str) -> bytes:
        """Return the files of a commit, without caches and links, as a zip: the same bytes each time."""
        ...

    async def list_repositories(self) -> list[Repository]:
        """Return every mission's repositories, by name."""
        ...

    async def ci_files(self, repository: Repository, sha: str, known: str | None) -> list[str]:
        """Return the files of a commit and its history that a forge would execute when it gets them.

        Those in the history of `known`, a commit that the forge has, do not count.
        """
        ...

    async def publish(self, repository: Repository, sha: str | None = None) -> Repository:
        """Bring `main`, up to `sha` (empty: no commit; None: all of it), to the remote forge.

        Returns the repository as it is there. One that is not there (any more) is made; its `remote_id` is then new.
        Nothing is ever overwritten.

        Raises:
            Conflict: if `main` has other commits there.
            Unavailable: if the forge does not take it now, for whatever reason.
        """
        ...

    async def refresh(self, repository: Repository) -> None:
        """Have the company's own repository begin from `main` at the remote forge; what is not there is dropped.

        Raises Unavailable as `publish` does.
        """
        ...

    async def add_files(
        self, repository: Repository, files: Mapping[str, bytes], message: str, author: Author
    ) -> str | None:
        """Commit files of the program's own, by paths, on top of `main`. Returns the sha, None if nothing changes."""
        ...

    async def track(self, repository: Repository, board: Board) -> Tracked:
        """Show a board at the remote forge; what it refuses of that holds up nothing else.

        Raises:
            NotFound: if the published repository is not there any more.
            Unavailable: if the forge cannot be used now.
        """
        ...

    async def release(self, repository: Repository, release: Release) -> str | None:
        """Release a published commit, once, with a zip of its files. Returns its tag, None if there are no releases.

        Raises as `track` does.
        """
        ...

    async def propose(self, repository: Repository, sha: str, request: PullRequest) -> str | None:
        """Push a commit to a branch and ask for it to be taken over, once. Returns where one sees that, if anywhere.

        `main` is never pushed to. Raises as `publish` and `track` do.
        """
        ...

    def file_link(self, repository: Repository, path: str) -> str | None:
        """Return where a person can read a file of a published repository, None if nowhere."""
        ...

    def commit_link(self, repository: Repository, sha: str) -> str:
        """Return where a person can look at a commit."""
        ...
