"""The forge on this machine: bare repositories under `shared/git`, browsable with plain git."""

import asyncio
import fcntl
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import git

from damascus.core.errors import Invalid, NotFound
from damascus.core.ids import slug
from damascus.forge.base import Author, Repository
from damascus.forge.workspace import BRANCH, SAFE, Workspace, run_git

MISSION = "damascus.mission"
MOST_OF_A_NAME = 99


class LocalForge:
    """Repositories `<root>/<name>.git`; the git data of working copies lies under `git_dirs`."""

    def __init__(self, root: Path, git_dirs: Path) -> None:
        self._root = root
        self._git_dirs = git_dirs

    async def create_repository(self, name: str, description: str, mission_id: str) -> Repository:
        return await asyncio.to_thread(self._create, slug(name), description, mission_id)

    async def open_workspace(self, repository: Repository, path: Path) -> None:
        def work() -> None:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                workspace.open(str(self._bare(repository.name)))

        await asyncio.to_thread(work)

    async def commit(self, path: Path, message: str, author: Author) -> str | None:
        def work() -> str | None:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                return workspace.commit(message, author)

        return await asyncio.to_thread(work)

    async def push(self, path: Path, repository: Repository) -> str:  # noqa: ARG002 (the working copy knows its origin)
        def work() -> str:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                return workspace.push()

        return await asyncio.to_thread(work)

    async def head(self, repository: Repository) -> str | None:
        return await asyncio.to_thread(self._head, self._bare(repository.name))

    async def workspace_head(self, path: Path) -> str | None:
        return await asyncio.to_thread(Workspace(path, self._git_dirs).head)

    async def checkout(self, repository: Repository, sha: str, path: Path) -> None:
        await asyncio.to_thread(self._checkout, self._bare(repository.name), sha, path)

    async def list_repositories(self) -> list[Repository]:
        names = sorted(path.stem for path in self._root.glob("*.git") if self._mission(path))
        return [self._repository(name) for name in names]

    def commit_link(self, repository: Repository, sha: str) -> str:
        return f"{self._bare(repository.name)}@{sha}"

    def _create(self, name: str, description: str, mission_id: str) -> Repository:
        self._root.mkdir(parents=True, exist_ok=True)
        with self._locked():
            for candidate in (name, *(f"{name}-{n}" for n in range(2, MOST_OF_A_NAME))):
                path = self._root / f"{candidate}.git"
                owner = self._mission(path)
                if owner is None:
                    self._make(path, description, mission_id)
                    owner = mission_id
                if owner == mission_id:
                    return self._repository(candidate)
        raise Invalid(f"there are {MOST_OF_A_NAME} repositories named {name!r}: choose another name")

    def _make(self, path: Path, description: str, mission_id: str) -> None:
        """Also finishes one that a crash left half made: the owner is written last."""
        path.mkdir(exist_ok=True)
        run_git(path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
        (path / "description").write_text(" ".join(description.split())[:500] + "\n", encoding="utf-8")
        run_git(path, "config", MISSION, mission_id)

    def _mission(self, path: Path) -> str | None:
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

    def _checkout(self, bare: Path, sha: str, path: Path) -> None:
        command = ["git", f"--git-dir={bare}", "archive", "--format=tar", sha]
        try:
            data = git.Git(bare).execute(command, env=SAFE, stdout_as_string=False, strip_newline_in_stdout=False)
        except git.GitCommandError as error:
            raise NotFound(f"{bare.stem} has no commit {sha}: {error.stderr.strip()}") from error
        assert isinstance(data, bytes)
        path.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            archive.extractall(path, filter="data")

    def _bare(self, name: str) -> Path:
        return self._root / f"{slug(name, 60)}.git"

    def _repository(self, name: str) -> Repository:
        return Repository(name, str(self._root / f"{name}.git"))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._git_dirs.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._git_dirs / "forge.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
