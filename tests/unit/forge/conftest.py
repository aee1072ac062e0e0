"""A local forge with one repository and its working copy."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from damascus.core.records.authors import Author
from damascus.forge.local import LocalForge
from damascus.forge.port import Repository

JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")


@dataclass(frozen=True)
class Bench:
    """A forge, a repository in it, its working copy, and where its private git data lies."""

    forge: LocalForge
    repository: Repository
    place: Path
    git_dirs: Path

    async def publish(self) -> str:
        """Commit everything and push; the sha."""
        sha = await self.forge.commit(self.place, "Words", JORDAN)
        assert sha
        assert await self.forge.push(self.place, self.repository) == sha
        return sha

    async def commit(self, message: str = "Words") -> str | None:
        return await self.forge.commit(self.place, message, JORDAN)

    def git_dir(self) -> Path:
        [found] = [path for path in self.git_dirs.iterdir() if path.is_dir()]
        return found


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    git_dirs = tmp_path / "private/git-dirs"
    forge = LocalForge(tmp_path / "shared/git", git_dirs)
    repository = await forge.create_repository("app", "An app", "mis_1")
    place = tmp_path / "shared/code/mission/app"
    await forge.open_workspace(repository, place)
    return Bench(forge, repository, place, git_dirs)
