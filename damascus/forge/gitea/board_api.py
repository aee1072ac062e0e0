"""Gitea's REST API of what people see besides code: labels, milestones, comments, releases and pull requests.

As in `api`, no method retries, and what is gone (404) is None or nothing.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from pydantic import BaseModel

from damascus.forge.board import Label
from damascus.forge.gitea.api import PAGE_SIZE, GiteaApi, ResponseT, check_value, read_response
from damascus.forge.gitea.responses import LabelResponse, Number, read_json

MAX_PAGES = 200
NOT_OURS = (403, 404)  # who may write issues only may make neither labels nor milestones


class MilestoneResponse(BaseModel):
    id: Number
    title: str = ""
    description: str | None = ""
    state: str = "open"


class CommentResponse(BaseModel):
    body: str = ""


class AssetResponse(BaseModel):
    name: str


class ReleaseResponse(BaseModel):
    id: Number
    tag_name: str
    body: str | None = ""
    assets: list[AssetResponse] | None = None


class BranchResponse(BaseModel):
    ref: str = ""
    repo_id: int | None = 0  # of the branch's repository: a fork's is another


class PullRequestResponse(BaseModel):
    number: Number
    title: str = ""
    body: str | None = ""
    state: str = "open"
    merged: bool | None = False
    head: BranchResponse = BranchResponse()
    base: BranchResponse = BranchResponse()


class BoardApi(GiteaApi):
    """One Gitea, with what the company's notice board needs of it."""

    async def labels(self, full_name: str) -> dict[str, int]:
        """Return the ids of a repository's labels by name; the first of several with one name."""
        found: dict[str, int] = {}
        async for label in self._pages(LabelResponse, f"/repos/{full_name}/labels"):
            found.setdefault(label.name, label.id)
        return found

    async def create_label(self, full_name: str, label: Label) -> int | None:
        body = {
            "name": label.name, "color": f"#{label.color}", "description": label.description, "exclusive": True,
        }  # fmt: skip
        response = await self._ask("POST", f"/repos/{full_name}/labels", body, none_when=NOT_OURS)
        return read_response(LabelResponse, response).id if response else None

    async def set_labels(self, full_name: str, number: int, ids: Sequence[int]) -> None:
        body = {"labels": list(ids)}
        await self._ask("PUT", f"/repos/{full_name}/issues/{number}/labels", body, none_when=404)

    async def milestones(self, full_name: str) -> AsyncIterator[MilestoneResponse]:
        async for milestone in self._pages(MilestoneResponse, f"/repos/{full_name}/milestones", state="all"):
            yield milestone

    async def create_milestone(self, full_name: str, title: str, text: str, state: str) -> int | None:
        body = {"title": title, "description": text, "state": state}
        response = await self._ask("POST", f"/repos/{full_name}/milestones", body, none_when=NOT_OURS)
        return read_response(MilestoneResponse, response).id if response else None

    async def edit_milestone(self, full_name: str, number: int, title: str, text: str, state: str) -> int | None:
        body = {"title": title, "description": text, "state": state}
        response = await self._ask("PATCH", f"/repos/{full_name}/milestones/{number}", body, none_when=NOT_OURS)
        return read_response(MilestoneResponse, response).id if response else None

    async def comments(self, full_name: str, number: int) -> list[str]:
        """Return the texts of an issue's comments."""
        response = await self._ask("GET", f"/repos/{full_name}/issues/{number}/comments", none_when=404)
        found = read_json(response) if response else []
        return [check_value(CommentResponse, each).body for each in found] if isinstance(found, list) else []

    async def create_comment(self, full_name: str, number: int, text: str) -> None:
        await self._ask("POST", f"/repos/{full_name}/issues/{number}/comments", {"body": text}, none_when=404)

    async def releases(self, full_name: str) -> AsyncIterator[ReleaseResponse]:
        async for release in self._pages(ReleaseResponse, f"/repos/{full_name}/releases"):
            yield release

    async def create_release(self, full_name: str, tag: str, sha: str, title: str, text: str) -> ReleaseResponse | None:
        """Make a tag and its release; None if the tag is taken, or the repository has no releases."""
        body = {"tag_name": tag, "target_commitish": sha, "name": title, "body": text}
        response = await self._ask("POST", f"/repos/{full_name}/releases", body, none_when=404)
        return read_response(ReleaseResponse, response) if response else None

    async def add_asset(self, full_name: str, release: int, name: str, data: bytes) -> None:
        """Add a file to a release; Gitea shows it once it is there as a whole."""
        files = {"attachment": (name, data, "application/zip")}
        path = f"/repos/{full_name}/releases/{release}/assets"
        await self._ask("POST", path, files, query={"name": name}, none_when=404)

    async def pull_requests(self, full_name: str) -> AsyncIterator[PullRequestResponse]:
        async for request in self._pages(PullRequestResponse, f"/repos/{full_name}/pulls", state="all"):
            yield request

    async def create_pull_request(
        self, full_name: str, branch: str, base: str, title: str, text: str
    ) -> PullRequestResponse | None:
        body = {"head": branch, "base": base, "title": title, "body": text}
        response = await self._ask("POST", f"/repos/{full_name}/pulls", body, none_when=404)
        return read_response(PullRequestResponse, response) if response else None

    async def edit_pull_request(self, full_name: str, number: int, title: str, text: str) -> None:
        body = {"title": title, "body": text}
        await self._ask("PATCH", f"/repos/{full_name}/pulls/{number}", body, none_when=404)

    async def _pages(self, kind: type[ResponseT], path: str, **query: Any) -> AsyncIterator[ResponseT]:
        """Yield what a list has, page by page; nothing if the repository is gone."""
        last = None
        for page in range(1, MAX_PAGES):
            response = await self._ask("GET", path, query={**query, "page": page, "limit": PAGE_SIZE}, none_when=404)
            found = read_json(response) if response else []
            if not isinstance(found, list) or not found or found == last:  # some server may not know pages
                return
            for item in found:
                yield check_value(kind, item)
            last = found
