"""The forge on this machine: bare repositories under `shared/git`, browsable with plain git."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import git

from damascus.core.errors import Invalid, Unavailable
from damascus.core.records.authors import Author
from damascus.core.text import slug
from damascus.forge.checkout import export_commit
from damascus.forge.git_command import BRANCH, run_git, unavailable
from damascus.forge.locks import locked, remove_left_behind
from damascus.forge.port import Repository, TaskIssue
from damascus.forge.workspace import Workspace

Value = TypeVar("Value")

MISSION = "damascus.mission"
MOST_OF_A_NAME = 99
CONFIG = {
    "gc.auto": "0",  # a push must not leave a git at work behind it
    "receive.autogc": "false",
    "receive.denyNonFastForwards": "true",
}


class LocalForge:
    """Repositories `<root>/<name>.git`; the git data of working copies lies under `git_dirs`."""

    abroad = False

    def __init__(self, root: Path, git_dirs: Path) -> None:
        self._root = root
        self._git_dirs = git_dirs

    async def create_repository(self, name: str, description: str, mission_id: str) -> Repository:
        return await in_thread(lambda: self._create(slug(name), description, mission_id))

    async def open_workspace(self, repository: Repository, path: Path) -> None:
        def work() -> None:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                workspace.open(str(self.bare(repository.name)))

        await in_thread(work)

    async def commit(self, path: Path, message: str, author: Author) -> str | None:
        def work() -> str | None:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                return workspace.commit(message, author)

        return await in_thread(work)

    async def push(self, path: Path, repository: Repository, sha: str | None = None) -> str:
        def work() -> str:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked(), locked(self._git_dirs / "forge.lock") as lock:
                remove_left_behind(self.bare(repository.name), lock)
                return workspace.push(sha)

        return await in_thread(work)

    async def head(self, repository: Repository) -> str | None:
        return await in_thread(lambda: self._head(self.bare(repository.name)))

    async def workspace_head(self, path: Path) -> str | None:
        return await in_thread(Workspace(path, self._git_dirs).head)

    async def checkout(self, repository: Repository, sha: str, path: Path) -> None:
        await in_thread(lambda: export_commit(self.bare(repository.name), sha, path))

    async def copy(self, path: Path, sha: str, place: Path) -> None:
        await in_thread(lambda: Workspace(path, self._git_dirs).copy(sha, place))

    async def list_repositories(self) -> list[Repository]:
        return await in_thread(self._list)

    async def publish(self, repository: Repository) -> Repository:
        return repository

    async def track(self, repository: Repository, tickets: Sequence[TaskIssue]) -> dict[str, int]:  # noqa: ARG002
        return {}

    def commit_link(self, repository: Repository, sha: str) -> str:
        return f"{self.bare(repository.name)}@{sha}"

    def _list(self) -> list[Repository]:
        names = sorted(path.stem for path in self._root.glob("*.git") if self.mission_of(path))
        return [self._repository(name) for name in names]

    def _create(self, name: str, description: str, mission_id: str) -> Repository:
        self._root.mkdir(parents=True, exist_ok=True)
        with locked(self._git_dirs / "forge.lock"):
            for candidate in (name, *(f"{name}-{n}" for n in range(2, MOST_OF_A_NAME))):
                path = self._root / f"{candidate}.git"
                owner = self.mission_of(path)
                if owner is None and self._head(path) is None:
                    self._make(path, description, mission_id)
                    owner = mission_id
                if owner == mission_id:
                    return self._repository(candidate)
        raise Invalid(f"there are {MOST_OF_A_NAME} repositories named {name!r}: choose another name")

    def _make(self, path: Path, description: str, mission_id: str) -> None:
        """Also finishes one that a crash left half made: the owner is written last."""
        path.mkdir(exist_ok=True)
        remove_left_behind(path)
        run_git(path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
        (path / "description").write_text(" ".join(description.split())[:500] + "\n", encoding="utf-8")
        for key, value in (*CONFIG.items(), (MISSION, mission_id)):
            run_git(path, "config", key, value)

    def mission_of(self, path: Path) -> str | None:
        """Whose repository this is, None when it is no mission's."""
        if not (path / "HEAD").exists():
            return None
        try:
            return run_git(path, "config", "--get", MISSION)
        except git.GitCommandError:
            return None

    def _head(self, bare: Path) -> str | None:
        if not bare.exists():
            return None
        try:
            return run_git(bare, "rev-parse", "--verify", "--quiet", f"refs/heads/{BRANCH}^{{commit}}") or None
        except git.GitCommandError:
            return None

    def bare(self, name: str) -> Path:
        """Where the company's own copy lies."""
        return self._root / f"{slug(name, 60)}.git"

    def _repository(self, name: str) -> Repository:
        return Repository(name, str(self._root / f"{name}.git"))


async def in_thread(work: Callable[[], Value]) -> Value:
    """Git blocks; whatever it could not do becomes one of the company's errors."""
    try:
        return await asyncio.to_thread(work)
    except git.GitCommandError as error:
        raise unavailable(error, "do its part in the forge") from error
    except OSError as error:
        raise Unavailable(f"the forge cannot use {error.filename}: {error.strerror}; check the disk") from error
