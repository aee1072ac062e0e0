"""The Gitea forge: the local store, and what was pushed there brought to Gitea.

Agents work against the store alone, so a Gitea that is down stops nobody. Nothing is ever forced or removed at
Gitea; a repository there is recognised by its id, which is noted beside the company's own one.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from damascus.core.clock import Clock
from damascus.core.errors import Conflict, ForgeUnavailable, Invalid, NotFound
from damascus.core.ids import new_id
from damascus.core.records.directives import ExistingCode
from damascus.core.settings import ForgeSettings
from damascus.core.text import one_line
from damascus.forge.adoption import ORIGIN_KEY, adopt
from damascus.forge.board import COMPANY, Board, PullRequest, Release, Tracked
from damascus.forge.git_command import BRANCH, run_git
from damascus.forge.gitea.board import GiteaBoard
from damascus.forge.gitea.board_api import BoardApi
from damascus.forge.gitea.git_push import GitPush
from damascus.forge.gitea.handover import show_pull_request, show_release
from damascus.forge.gitea.responses import RepositoryResponse, archived, check_takes_code
from damascus.forge.harmless import harmless
from damascus.forge.local import MAX_NAME_SUFFIX, LocalForge, run_blocking
from damascus.forge.locks import locked
from damascus.forge.port import Repository

_EARLIER_MARK = re.compile(r" \(mission mis_\w+\)$")
_FULL_NAME = re.compile(r"([A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?")
MARK_KEY, ID_KEY = "damascus.mark", "damascus.remote"
UNUSED_TABS = ("has_wiki", "has_projects", "has_packages")
UNUSED_BY_COMPANY = ("has_releases", "has_pull_requests", "has_actions")
MAX_DESCRIPTION_CHARS = 500


class GiteaForge(LocalForge):
    """A local forge whose repositories are published at a Gitea."""

    is_remote = True

    def __init__(
        self, root: Path, git_dirs: Path, settings: ForgeSettings, clock: Clock, api: BoardApi | None = None
    ) -> None:
        super().__init__(root, git_dirs)
        self.settings = settings
        self._api = api or BoardApi(settings, clock)
        self._public_url = settings.public_url or settings.url

    async def adopt(self, origin: str, owner: str) -> ExistingCode:
        full_name = self._name_here(origin)
        if full_name is None:
            return await super().adopt(origin, owner)
        if not self.settings.has_token:
            raise Invalid(
                f"{full_name} is at the company's Gitea, for which the office has no token (in containers only those "
                "who push have it); name a folder that the office sees, or a public https address"
            )
        there = await self._api.repository(*full_name.split("/"))
        if there is None:
            raise Invalid(f"Gitea shows the company no {full_name}; give the token's user access to it, or correct it")
        push = GitPush(self._git_dirs, self.settings, there.full_name, "")

        def work() -> ExistingCode:
            found = adopt(self._root, self._git_dirs, (origin, owner), partial(push.clone, there.default_branch))
            self._note_id(found.name, there.id)
            return found

        return await run_blocking(work)

    def _name_here(self, origin: str) -> str | None:
        """Return the full name of what an address names at this Gitea, None if it is elsewhere."""
        for url in (self.settings.url, self._public_url):
            found = _FULL_NAME.fullmatch(origin[len(url) + 1 :]) if origin.startswith(f"{url}/") else None
            if found:
                return found[1]
        return None

    async def publish(self, repository: Repository, sha: str | None = None) -> Repository:
        if repository.base is not None:
            return await self._publish_work(repository, sha)
        there = await self._find(repository) or await self._make_remote(repository)
        if await run_blocking(lambda: self._noted_id(repository.name)) != str(there.id):
            await run_blocking(partial(self._note_id, repository.name, there.id))
        await self._describe(repository, there)
        sha = await self.head(repository) if sha is None else sha
        if sha:
            check_takes_code(there)
            await self._carry(GitPush(self.bare(repository.name), self.settings, there.full_name, sha), GitPush.run)
        web_url = f"{self._public_url}/{there.full_name}"
        return Repository(repository.name, f"{web_url}.git", web_url, str(there.id), _note(there))

    async def _publish_work(self, repository: Repository, sha: str | None) -> Repository:
        """Bring a branch to where the code is from, or, from elsewhere, to a repository that begins as it is there."""
        origin = await run_blocking(lambda: self.noted(self.bare(repository.name), ORIGIN_KEY)) or ""
        there = await self._find(repository)
        full_name = self._name_here(origin)
        if full_name and there is None and await run_blocking(lambda: self._noted_id(repository.name)) is None:
            there = await self._api.repository(*full_name.split("/"))  # it was cloned before this was our Gitea
            if there is not None:
                await run_blocking(partial(self._note_id, repository.name, there.id))
        if full_name is None:
            there = there or await self._make_remote(repository)
            if await run_blocking(lambda: self._noted_id(repository.name)) != str(there.id):
                await run_blocking(partial(self._note_id, repository.name, there.id))
            await self._describe(repository, there)
            bare, base = self.bare(repository.name), repository.base or ""
            await self._carry(GitPush(bare, self.settings, there.full_name, base), GitPush.run)
        if there is None:
            raise Conflict(f"{origin} is not at Gitea any more; the work is in the company's own store")
        sha = await self.head(repository) if sha is None else sha
        if sha:
            check_takes_code(there)
            bare = self.bare(repository.name)
            await self._carry(GitPush(bare, self.settings, there.full_name, sha, repository.branch), GitPush.run)
        web_url = f"{self._public_url}/{there.full_name}"
        return replace(repository, url=f"{web_url}.git", web_url=web_url, remote_id=str(there.id))

    async def refresh(self, repository: Repository) -> None:
        there = await self._find(repository)
        if there is not None:
            await self._carry(GitPush(self.bare(repository.name), self.settings, there.full_name, ""), GitPush.fetch)

    async def track(self, repository: Repository, board: Board) -> Tracked:
        there = await self._get(repository)
        if there.archived:
            return Tracked({}, problem=archived(there), note=_note(there))
        if not there.has_issues or there.external_tracker:
            where = "are in another tracker" if there.external_tracker else "are switched off"
            said = f"issues {where} for {there.full_name}"
            return Tracked({}, problem=said, takes_issues=False, note=_note(there))
        tracked = await GiteaBoard(self._api, there.full_name, board).show()
        return replace(tracked, note=_note(there))

    async def release(self, repository: Repository, release: Release) -> str | None:
        there = await self._get(repository)
        check_takes_code(there)
        return await show_release(self._api, there, release, self.bare(repository.name))

    async def propose(self, repository: Repository, sha: str, request: PullRequest) -> str | None:
        there = await self._get(repository)
        check_takes_code(there)
        if request.branch in (there.default_branch, BRANCH):
            raise Invalid(f"{request.branch} is not ours to push to in {there.full_name}; choose another branch")
        bare = self.bare(repository.name)
        await self._carry(GitPush(bare, self.settings, there.full_name, sha, request.branch), GitPush.run)
        number = await show_pull_request(self._api, there, request)
        return f"{self._public_url}/{there.full_name}/pulls/{number}" if number else None

    def file_link(self, repository: Repository, path: str) -> str | None:
        return f"{repository.web_url}/src/branch/{BRANCH}/{quote(path)}" if repository.web_url else None

    def commit_link(self, repository: Repository, sha: str) -> str:
        return f"{repository.web_url}/commit/{sha}" if repository.web_url else super().commit_link(repository, sha)

    async def _carry(self, push: GitPush, what: Callable[[GitPush], None]) -> None:
        self._api.check_may_ask()
        try:
            await asyncio.to_thread(what, push)
        finally:
            push.stop()  # a caller that is cancelled leaves no git behind

    async def _get(self, repository: Repository) -> RepositoryResponse:
        there = await self._find(repository)
        if there is None:
            raise NotFound(f"{repository.name} is not at Gitea any more")
        return there

    async def _find(self, repository: Repository) -> RepositoryResponse | None:
        """Return the published repository, None if it was never made or is gone.

        Raises ForgeUnavailable if it was moved to where we do not see it: it is not gone, and nothing takes its place.
        """
        noted = await run_blocking(lambda: self._noted_id(repository.name))
        id, known = noted or repository.remote_id, repository.web_url or ""
        if not id:
            return None
        there = await self._api.repository_by_id(id)
        if there is None and known:
            full_name = "/".join(known.split("/")[-2:])
            if await self._api.moved_to(full_name):
                raise ForgeUnavailable(
                    f"{full_name} was moved at Gitea to where the token's user does not see it; give that user access "
                    "there, or move it back"
                )
        if there is None or known == f"{self._public_url}/{there.full_name}" or (noted and not known):
            return there
        return there if await self._has_our_history(repository.name, there) else None

    async def _has_our_history(self, name: str, there: RepositoryResponse) -> bool:
        """Tell whether a repository at Gitea has the commit that ours began with.

        A number under another name or address proves nothing: at another Gitea, or one that was emptied, it is a
        stranger's.
        """
        bare = self.bare(name)

        def first() -> str:
            return run_git(bare, "rev-list", "--max-parents=0", "--branches") if (bare / "HEAD").exists() else ""

        roots = (await run_blocking(first)).split()
        return bool(roots) and await self._api.has_commit(there.full_name, roots[0])

    async def _make_remote(self, repository: Repository) -> RepositoryResponse:
        """Return our own repository, made now or before a crash; another's of that name is left alone.

        Until its id is noted a mark in its description tells that it is ours; then the mark is removed.
        """
        mark = await run_blocking(lambda: self._mark(repository.name))
        user = await self._api.user()
        owner = self.settings.owner or user
        organization = owner if owner.lower() != user.lower() else None
        for name in (repository.name, *(f"{repository.name}-{n}" for n in range(2, MAX_NAME_SUFFIX))):
            there = await self._api.repository(owner, name)
            if there is None:
                there = await self._create_remote(owner, organization, name, mark)
            if mark in there.description or str(there.id) == await run_blocking(
                lambda: self._noted_id(repository.name)
            ):
                return there
        raise Conflict(f"Gitea has {MAX_NAME_SUFFIX} repositories named {repository.name!r} under {owner}; remove some")

    async def _create_remote(self, owner: str, organization: str | None, name: str, mark: str) -> RepositoryResponse:
        """Return the new repository, or the one of that name that another worker was faster to make.

        Raises ForgeUnavailable if we do not see it: then each further try would only make one more.
        """
        made = await self._api.create_repository(organization, name, mark)
        there = (
            await self._api.repository(owner, name) if made is None else await self._api.repository_by_id(str(made.id))
        )
        if there is None:
            raise ForgeUnavailable(
                f"{owner}/{name} is at Gitea, but the token's user does not see it: look whether Gitea wants a second "
                "factor of that user, or the token is for public or single repositories only; or rename that "
                "repository if it is somebody else's"
            )
        return there

    async def _describe(self, repository: Repository, there: RepositoryResponse) -> None:
        """Say what the repository is, and show no tabs that nothing comes into; once there is code it is a person's."""
        mark, words = await run_blocking(lambda: (self._mark(repository.name), self._description(repository.name)))
        if mark in there.description or _EARLIER_MARK.search(there.description):
            await self._api.edit_repository(there.full_name, {"description": words, **_tabs(repository.name)})
        elif there.empty and there.description != words and not there.archived:
            await self._api.edit_repository(there.full_name, {"description": words})

    def _description(self, name: str) -> str:
        text = (self.bare(name) / "description").read_text(encoding="utf-8", errors="replace")
        return one_line(harmless(text), MAX_DESCRIPTION_CHARS)

    def _mark(self, name: str) -> str:
        """Return what tells that a repository at Gitea is this one, before its id is noted."""
        bare = self.bare(name)
        known = self.noted(bare, MARK_KEY)
        if known is None:
            with locked(bare / "damascus.lock"):
                known = self.noted(bare, MARK_KEY) or new_id("repo")
                run_git(bare, "config", MARK_KEY, known)
        return known

    def _noted_id(self, name: str) -> str | None:
        """Return the id that the repository has at this Gitea."""
        url, _, id = (self.noted(self.bare(name), ID_KEY) or "").rpartition(" ")
        return id if url == self.settings.url and id else None

    def _note_id(self, name: str, id: int) -> None:
        bare = self.bare(name)
        with locked(bare / "damascus.lock"):
            run_git(bare, "config", ID_KEY, f"{self.settings.url} {id}")


def _tabs(name: str) -> dict[str, bool]:
    unused = UNUSED_TABS if name != COMPANY else (*UNUSED_TABS, *UNUSED_BY_COMPANY)
    return dict.fromkeys(unused, False)


def _note(there: RepositoryResponse) -> str | None:
    if there.default_branch in ("", BRANCH):
        return None
    return (
        f"people see {there.default_branch!r} first at Gitea, its default branch; the company's code is on {BRANCH!r}"
    )
