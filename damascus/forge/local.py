"""The forge on this machine: bare repositories under `shared/git`, browsable with plain git."""

import asyncio
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import TypeVar

import git

from damascus.core.clock import SystemClock
from damascus.core.errors import Invalid, Unavailable
from damascus.core.records.authors import Author
from damascus.core.records.directives import ExistingCode
from damascus.core.text import slug
from damascus.forge.adoption import adopt, fetch_from, read_origin
from damascus.forge.archive import zip_of
from damascus.forge.board import COMPANY, Board, PullRequest, Release, Tracked
from damascus.forge.checkout import export_commit
from damascus.forge.git_command import BRANCH, run_git, unavailable
from damascus.forge.history import file_head
from damascus.forge.locks import locked, remove_left_behind
from damascus.forge.objects import open_objects
from damascus.forge.port import MAX_READ_BYTES, CommitInfo, FileChange, FileHead, Repository, TreeItem, never
from damascus.forge.working_files import FILE, LINK, Withhold, WorkingFile
from damascus.forge.workspace import Workspace

T = TypeVar("T")

MISSION_KEY = "damascus.mission"
MAX_NAME_SUFFIX = 99
REPOSITORY_CONFIG = {
    "gc.auto": "0",  # a push must not leave a running git behind
    "receive.autogc": "false",
    "receive.denyNonFastForwards": "true",
}


class LocalForge:
    """Repositories `<root>/<name>.git`; the git data of working copies is under `git_dirs`."""

    is_remote = False

    def __init__(self, root: Path, git_dirs: Path) -> None:
        self._root = root
        self._git_dirs = git_dirs

    async def create_repository(self, name: str, description: str, mission_id: str) -> Repository:
        return await run_blocking(lambda: self._create(slug(name), description, mission_id))

    async def adopt(self, origin: str, owner: str) -> ExistingCode:
        def work() -> ExistingCode:
            found = read_origin(origin, (self._root.parent, self._git_dirs.parent))
            return adopt(self._root, self._git_dirs, (found.text, owner), fetch_from(found))

        return await run_blocking(work)

    async def open_workspace(self, repository: Repository, path: Path) -> None:
        def work() -> None:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                workspace.open(str(self.bare(repository.name)), repository.branch)

        await run_blocking(work)

    async def commit(
        self,
        path: Path,
        message: str,
        author: Author,
        leave_out: Withhold = never,
        ignored: Callable[[tuple[str, ...]], object] = never,
    ) -> str | None:
        def work() -> str | None:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                return workspace.commit(message, author, leave_out, ignored)

        return await run_blocking(work)

    async def history(self, path: Path, limit: int) -> str:
        return await run_blocking(lambda: Workspace(path, self._git_dirs).history(limit))

    async def diff(self, path: Path, sha: str | None, file: str) -> str:
        def work() -> str:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                return workspace.diff(sha, file)

        return await run_blocking(work)

    async def changes(self, path: Path, sha: str, since: str | None = None) -> list[FileChange]:
        return await run_blocking(lambda: Workspace(path, self._git_dirs).changes(sha, since))

    async def restore(self, path: Path, file: str, sha: str | None) -> list[str]:
        def work() -> list[str]:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked():
                return workspace.restore(file, sha)

        return await run_blocking(work)

    async def push(self, path: Path, repository: Repository, sha: str | None = None) -> str:
        def work() -> str:
            workspace = Workspace(path, self._git_dirs)
            with workspace.locked(), locked(self._git_dirs / "forge.lock") as lock:
                remove_left_behind(self.bare(repository.name), lock)
                return workspace.push(sha, repository.branch)

        return await run_blocking(work)

    async def forget_workspace(self, path: Path) -> None:
        await run_blocking(Workspace(path, self._git_dirs).forget)

    async def head(self, repository: Repository) -> str | None:
        return await run_blocking(lambda: self._head(self.bare(repository.name), repository.branch))

    async def workspace_head(self, path: Path) -> str | None:
        return await run_blocking(Workspace(path, self._git_dirs).head)

    async def checkout(self, repository: Repository, sha: str, path: Path, leave_out: Withhold = never) -> list[str]:
        return await run_blocking(lambda: export_commit(self.bare(repository.name), sha, path, leave_out))

    async def checkout_from_workspace(self, workspace: Path, sha: str, path: Path) -> None:
        await run_blocking(lambda: Workspace(workspace, self._git_dirs).export(sha, path))

    async def read_files(
        self, repository: Repository, sha: str, wanted: Callable[[tuple[str, ...]], bool]
    ) -> dict[str, bytes]:
        def work() -> dict[str, bytes]:
            with open_objects(self.bare(repository.name)) as objects:
                found = objects.files_at(sha, [path for path in objects.paths(sha) if wanted(path)])
                plain = (file for file in found if file.mode != LINK and len(file.data) <= MAX_READ_BYTES)
                return {"/".join(file.path): file.data for file in plain}

        return await run_blocking(work)

    async def file_names(self, repository: Repository, sha: str) -> list[str]:
        def work() -> list[str]:
            with open_objects(self.bare(repository.name)) as objects:
                return ["/".join(path) for path in objects.paths(sha)]

        return await run_blocking(work)

    async def commits(self, repository: Repository, limit: int, after: str | None = None) -> list[CommitInfo]:
        def work() -> list[CommitInfo]:
            bare = self.bare(repository.name)
            newest = after or self._head(bare, repository.branch)
            if newest is None:
                return []
            with open_objects(bare) as objects:
                line = objects.line_of(newest)
                return list(islice(line, 1 if after else 0, limit + (1 if after else 0)))

        return await run_blocking(work)

    async def folder(self, repository: Repository, sha: str, path: tuple[str, ...]) -> list[TreeItem]:
        def work() -> list[TreeItem]:
            with open_objects(self.bare(repository.name)) as objects:
                return objects.folder(sha, path)

        return await run_blocking(work)

    async def file_head(self, repository: Repository, sha: str, path: tuple[str, ...], limit: int) -> FileHead:
        def work() -> FileHead:
            bare = self.bare(repository.name)
            with open_objects(bare) as objects:
                id, kind = objects.file_id(sha, path)
            return FileHead(*file_head(bare, id.decode(), limit), kind)

        return await run_blocking(work)

    async def zip(self, repository: Repository, sha: str) -> bytes:
        return await run_blocking(lambda: zip_of(self.bare(repository.name), sha))

    async def list_repositories(self) -> list[Repository]:
        return await run_blocking(self._list)

    async def ci_files(self, repository: Repository, sha: str, known: str | None) -> list[str]:
        def work() -> list[str]:
            with open_objects(self.bare(repository.name)) as objects:
                return objects.ci_files(sha, known, repository.base)

        return await run_blocking(work)

    async def publish(self, repository: Repository, sha: str | None = None) -> Repository:  # noqa: ARG002
        return repository

    async def refresh(self, repository: Repository) -> None:
        pass

    async def add_files(
        self, repository: Repository, files: Mapping[str, bytes], message: str, author: Author
    ) -> str | None:
        def work() -> str | None:
            with (
                locked(self._git_dirs / "forge.lock"),
                open_objects(self.bare(repository.name)) as objects,
            ):
                head = objects.head()
                there = {file.path: file for file in objects.files(head)} if head else {}
                new = {path: WorkingFile(path, FILE, data) for path, data in _by_parts(files)}
                if all(there.get(path) == file for path, file in new.items()):
                    return None
                tree = objects.write_tree((there | new).values())
                return objects.commit(tree, message, author, SystemClock().now())

        return await run_blocking(work)

    async def track(self, repository: Repository, board: Board) -> Tracked:  # noqa: ARG002
        return Tracked({})

    async def release(self, repository: Repository, release: Release) -> str | None:  # noqa: ARG002
        return None

    async def propose(self, repository: Repository, sha: str, request: PullRequest) -> str | None:  # noqa: ARG002
        return None

    def file_link(self, repository: Repository, path: str) -> str | None:  # noqa: ARG002
        return None

    def commit_link(self, repository: Repository, sha: str) -> str:
        return f"{self.bare(repository.name)}@{sha}"

    def _list(self) -> list[Repository]:
        names = sorted(path.stem for path in self._root.glob("*.git") if self.mission_of(path))
        return [self._repository(name) for name in names]

    def _create(self, name: str, description: str, mission_id: str) -> Repository:
        self._root.mkdir(parents=True, exist_ok=True)
        with locked(self._git_dirs / "forge.lock"):
            for candidate in (name, *(f"{name}-{n}" for n in range(2, MAX_NAME_SUFFIX))):
                if candidate == COMPANY != mission_id:
                    continue
                path = self._root / f"{candidate}.git"
                owner = self.mission_of(path)
                if owner is None and self._head(path) is None:
                    self._make(path, mission_id)
                    owner = mission_id
                if owner == mission_id:
                    (path / "description").write_text(" ".join(description.split())[:500] + "\n", encoding="utf-8")
                    return self._repository(candidate)
        raise Invalid(f"{MAX_NAME_SUFFIX} repositories are already named {name!r}; choose another name")

    def _make(self, path: Path, mission_id: str) -> None:
        """Make a repository, or finish one that a crash left half made: the mission is written last."""
        path.mkdir(exist_ok=True)
        remove_left_behind(path)
        run_git(path, "init", "--quiet", "--bare", "--template=", f"--initial-branch={BRANCH}")
        for key, value in (*REPOSITORY_CONFIG.items(), (MISSION_KEY, mission_id)):
            run_git(path, "config", key, value)

    def mission_of(self, path: Path) -> str | None:
        """Return the id of the mission that the repository was made for, None if it is not a mission's."""
        return self.noted(path, MISSION_KEY)

    def noted(self, path: Path, key: str) -> str | None:
        """Return what a repository's config says, None if nothing, or if there is no repository."""
        if not (path / "HEAD").exists():
            return None
        try:
            return run_git(path, "config", "--get", key)
        except git.GitCommandError:
            return None

    def _head(self, bare: Path, branch: str = BRANCH) -> str | None:
        if not bare.exists():
            return None
        try:
            return run_git(bare, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}") or None
        except git.GitCommandError:
            return None

    def bare(self, name: str) -> Path:
        """Return the path of the repository in the local store."""
        return self._root / f"{slug(name, 60)}.git"

    def _repository(self, name: str) -> Repository:
        return Repository(name, str(self._root / f"{name}.git"))


def _by_parts(files: Mapping[str, bytes]) -> list[tuple[tuple[str, ...], bytes]]:
    return [(tuple(path.split("/")), data) for path, data in files.items()]


async def run_blocking(work: Callable[[], T]) -> T:
    """Run `work`, which calls git, in a thread and return its result. Raises Unavailable if git or the disk fails."""
    try:
        return await asyncio.to_thread(work)
    except git.GitCommandError as error:
        raise unavailable(error, "read or write the local store") from error
    except OSError as error:
        raise Unavailable(f"{error.filename} cannot be used: {error.strerror}; check the disk") from error
