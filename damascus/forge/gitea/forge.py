"""The Gitea forge: the local store, and what was pushed there brought to Gitea.

Agents work against the store alone, so a Gitea that is down stops nobody. Nothing is ever forced or removed at
Gitea; a repository there is recognised by its id, and, if a crash lost that, by the mission in its description.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.errors import Conflict, ForgeUnavailable, NotFound
from damascus.core.settings import ForgeSettings
from damascus.core.text import one_line
from damascus.forge.git_command import BRANCH
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.git_push import GitPush
from damascus.forge.gitea.responses import RepositoryResponse, RequestRefused
from damascus.forge.harmless import harmless
from damascus.forge.local import MAX_NAME_SUFFIX, LocalForge, run_blocking
from damascus.forge.port import MARK, Repository, TaskIssue, Tracked

MAX_DESCRIPTION_CHARS = 500


class GiteaForge(LocalForge):
    """A local forge whose repositories are published at a Gitea."""

    is_remote = True

    def __init__(
        self, root: Path, git_dirs: Path, settings: ForgeSettings, clock: Clock, api: GiteaApi | None = None
    ) -> None:
        super().__init__(root, git_dirs)
        self.settings = settings
        self._api = api or GiteaApi(settings, clock)
        self._public_url = settings.public_url or settings.url

    async def publish(self, repository: Repository, sha: str | None = None) -> Repository:
        there = await self._find(repository) or await self._make_remote(repository)
        sha = await self.head(repository) if sha is None else sha
        if sha:
            _check_takes_code(there)
            await self._push(GitPush(self.bare(repository.name), self.settings, there.full_name, sha))
        web_url = f"{self._public_url}/{there.full_name}"
        return Repository(repository.name, f"{web_url}.git", web_url, str(there.id), _note(there))

    async def track(self, repository: Repository, issues: Sequence[TaskIssue]) -> Tracked:
        there = await self._find(repository)
        if there is None:
            raise NotFound(f"{repository.name} is not at Gitea any more")
        if there.archived:
            return Tracked({}, f"{there.full_name} is archived at Gitea; unarchive it", note=_note(there))
        if not there.has_issues or there.external_tracker:
            where = "are in another tracker" if there.external_tracker else "are switched off"
            return Tracked({}, f"issues {where} for {there.full_name}", takes_issues=False, note=_note(there))
        numbers: dict[str, int] = {}
        problem, wait = None, 0.0
        try:
            known = await self._known(there.full_name, issues)
            for issue in issues:
                try:
                    numbers[issue.mark] = await self._track(there.full_name, issue, known.get(issue.mark))
                except RequestRefused as error:  # as for an issue that another one blocks; the rest may go through
                    problem = problem or str(error)
        except ForgeUnavailable as error:
            problem, wait = str(error), error.retry_after
        return Tracked(numbers, problem, wait, note=_note(there))

    def commit_link(self, repository: Repository, sha: str) -> str:
        return f"{repository.web_url}/commit/{sha}" if repository.web_url else super().commit_link(repository, sha)

    async def _push(self, push: GitPush) -> None:
        self._api.check_may_ask()
        try:
            await asyncio.to_thread(push.run)
        finally:
            push.stop()  # a caller that is cancelled leaves no git behind

    async def _find(self, repository: Repository) -> RepositoryResponse | None:
        """Return the published repository, None if it was never made or is gone.

        Raises ForgeUnavailable if it was moved to where we do not see it: it is not gone, and nothing takes its place.
        """
        if not repository.remote_id:
            return None
        there = await self._api.repository_by_id(repository.remote_id)
        if there is None and repository.web_url:
            full_name = "/".join(repository.web_url.split("/")[-2:])
            if await self._api.moved_to(full_name):
                raise ForgeUnavailable(
                    f"{full_name} was moved at Gitea to where the token's user does not see it; give that user access "
                    "there, or move it back"
                )
        return there

    async def _make_remote(self, repository: Repository) -> RepositoryResponse:
        """Return the mission's own repository, made now or before a crash; another's of that name is left alone."""
        mission, description = await run_blocking(lambda: self._description(repository.name))
        mark = f"(mission {mission})"
        user = await self._api.user()
        owner = self.settings.owner or user
        organization = owner if owner.lower() != user.lower() else None
        for name in (repository.name, *(f"{repository.name}-{n}" for n in range(2, MAX_NAME_SUFFIX))):
            there = await self._api.repository(owner, name)
            if there is None:
                there = await self._create_remote(owner, organization, name, f"{description} {mark}")
            if mark in there.description:
                return there
        raise Conflict(f"Gitea has {MAX_NAME_SUFFIX} repositories named {repository.name!r} under {owner}; remove some")

    async def _create_remote(
        self, owner: str, organization: str | None, name: str, description: str
    ) -> RepositoryResponse:
        """Return the new repository, or the one of that name that another worker was faster to make.

        Raises ForgeUnavailable if we do not see it: then each further try would only make one more.
        """
        made = await self._api.create_repository(organization, name, description)
        there = (
            await self._api.repository(owner, name) if made is None else await self._api.repository_by_id(str(made.id))
        )
        if there is None:
            raise ForgeUnavailable(
                f"{owner}/{name} is at Gitea, but the token's user does not see it: look whether Gitea wants a second "
                "factor of that user, or the token is for public or single repositories only; or rename that "
                "repository if it is somebody else's"
            )
        if made:
            await self._api.hide_unused_tabs(there.full_name)
        return there

    def _description(self, name: str) -> tuple[str, str]:
        bare = self.bare(name)
        text = (bare / "description").read_text(encoding="utf-8", errors="replace")
        return self.mission_of(bare) or "unknown", one_line(harmless(text), MAX_DESCRIPTION_CHARS)

    async def _known(self, full_name: str, issues: Sequence[TaskIssue]) -> dict[str, tuple[int, bool]]:
        """Return number and openness by mark, of issues that a crash kept us from recording."""
        unknown = [issue.mark for issue in issues if issue.number is None]
        found: dict[str, tuple[int, bool]] = {}
        if unknown:
            async for there in self._api.issues(full_name):
                lines = there.body.splitlines()
                marks = (mark for mark in unknown if f"{MARK}{mark}" in lines)
                found |= {mark: (there.number, there.state == "open") for mark in marks}
        return found

    async def _track(self, full_name: str, issue: TaskIssue, known: tuple[int, bool] | None) -> int:
        number, is_open = known or (issue.number, not issue.open)
        if number is not None and is_open == issue.open:
            return number
        if number is not None:
            there = await self._api.set_issue(full_name, number, "open" if issue.open else "closed")
            if there is not None or not issue.open:  # a person removed it: then there is nothing to close
                return number
        there = await self._api.create_issue(full_name, issue.title, issue.text, closed=not issue.open)
        if there is None:
            raise RequestRefused(f"{full_name} takes no issue at the moment")
        return there.number


def _check_takes_code(there: RepositoryResponse) -> None:
    if there.archived:
        raise ForgeUnavailable(f"{there.full_name} is archived at Gitea; unarchive it")
    if not there.has_code:
        raise ForgeUnavailable(f"code is switched off for {there.full_name}; switch it on in its settings at Gitea")
    if there.permissions is not None and not there.permissions.push:
        raise ForgeUnavailable(f"the token's user may not push to {there.full_name}; give it the right to write there")


def _note(there: RepositoryResponse) -> str | None:
    if there.default_branch in ("", BRANCH):
        return None
    return (
        f"people see {there.default_branch!r} first at Gitea, its default branch; the company's code is on {BRANCH!r}"
    )
