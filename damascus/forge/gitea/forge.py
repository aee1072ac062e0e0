"""The Gitea forge: the local store, and what was pushed there brought to Gitea.

Agents work against the store alone, so a Gitea that is down stops nobody. Nothing is ever forced or removed at
Gitea; a repository there is recognised by its id, and, if a crash lost that, by the mission in its description.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.errors import Conflict, NotFound
from damascus.core.settings import ForgeSettings
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.git_push import GitPush
from damascus.forge.gitea.responses import RepositoryResponse
from damascus.forge.local import MAX_NAME_SUFFIX, LocalForge, run_blocking
from damascus.forge.port import Repository, TaskIssue


class GiteaForge(LocalForge):
    """A local forge whose repositories are published at a Gitea."""

    is_remote = True

    def __init__(
        self, root: Path, git_dirs: Path, settings: ForgeSettings, clock: Clock, api: GiteaApi | None = None
    ) -> None:
        super().__init__(root, git_dirs)
        self.settings = settings
        self._api = api or GiteaApi(settings, clock)
        self._public_url = (settings.public_url or settings.url).rstrip("/")

    async def publish(self, repository: Repository, sha: str | None = None) -> Repository:
        there = await self._find(repository) or await self._make_remote(repository)
        sha = await self.head(repository) if sha is None else sha
        if sha:
            await self._push(GitPush(self.bare(repository.name), self.settings, there.full_name, sha))
        web_url = f"{self._public_url}/{there.full_name}"
        return Repository(repository.name, f"{web_url}.git", web_url, str(there.id))

    async def track(self, repository: Repository, issues: Sequence[TaskIssue]) -> dict[str, int]:
        there = await self._find(repository)
        if there is None:
            raise NotFound(f"{repository.name} is not at Gitea any more")
        known = await self._known(there.full_name, issues)
        return {issue.mark: await self._track(there.full_name, issue, known.get(issue.mark)) for issue in issues}

    def commit_link(self, repository: Repository, sha: str) -> str:
        return f"{repository.web_url}/commit/{sha}" if repository.web_url else super().commit_link(repository, sha)

    async def _push(self, push: GitPush) -> None:
        self._api.check_may_ask()
        try:
            await asyncio.to_thread(push.run)
        finally:
            push.stop()  # a caller that is cancelled leaves no git behind

    async def _find(self, repository: Repository) -> RepositoryResponse | None:
        return await self._api.repository_by_id(repository.remote_id) if repository.remote_id else None

    async def _make_remote(self, repository: Repository) -> RepositoryResponse:
        """Return the mission's own repository, made now or before a crash; another's of that name is left alone."""
        mission, description = await run_blocking(lambda: self._description(repository.name))
        mark = f"(mission {mission})"
        user = await self._api.user()
        owner = self.settings.owner or user
        for name in (repository.name, *(f"{repository.name}-{n}" for n in range(2, MAX_NAME_SUFFIX))):
            there = await self._api.repository(owner, name)
            if there is None:
                made = await self._api.create_repository(
                    owner if owner.lower() != user.lower() else None, name, f"{description} {mark}"
                )
                there = made or await self._api.repository(owner, name)  # another worker was faster
            if there is not None and mark in there.description:
                return there
        raise Conflict(f"Gitea has {MAX_NAME_SUFFIX} repositories named {repository.name!r} under {owner}; remove some")

    def _description(self, name: str) -> tuple[str, str]:
        bare = self.bare(name)
        text = (bare / "description").read_text(encoding="utf-8", errors="replace")
        return self.mission_of(bare) or "unknown", text.strip()

    async def _known(self, full_name: str, issues: Sequence[TaskIssue]) -> dict[str, tuple[int, bool]]:
        """Return number and openness by mark, of issues that a crash kept us from recording."""
        unknown = [issue.mark for issue in issues if issue.number is None]
        found: dict[str, tuple[int, bool]] = {}
        if unknown:
            async for there in self._api.issues(full_name):
                found |= {mark: (there.number, there.state == "open") for mark in unknown if mark in there.body}
        return found

    async def _track(self, full_name: str, issue: TaskIssue, known: tuple[int, bool] | None) -> int:
        number, is_open = known or (issue.number, not issue.open)
        if number is None:
            there = await self._api.create_issue(full_name, issue.title, issue.text, closed=not issue.open)
        elif is_open != issue.open:
            there = await self._api.set_issue(full_name, number, "open" if issue.open else "closed")
        else:
            return number
        if there is None:
            raise NotFound(f"issue {number or 'list'} of {full_name} is not at Gitea any more")
        return there.number
