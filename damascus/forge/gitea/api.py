"""Gitea's REST API, as far as the company uses it: find and make a repository, find, make and change issues.

Each request names itself with the token as it is at that moment; the token is in no URL, error or log. No method
retries: the caller tries again later, which is what a row in the ledger is for.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from damascus.core.clock import Clock
from damascus.core.errors import ForgeUnavailable
from damascus.core.network import Route
from damascus.core.settings import ForgeSettings
from damascus.core.validation import explain
from damascus.forge.git_command import BRANCH
from damascus.forge.gitea.responses import (
    IssueResponse,
    OrganizationPermissionsResponse,
    RepositoryResponse,
    UserResponse,
    VersionResponse,
    is_same_server,
    read_json,
    refusal,
    unreachable,
    without_secrets,
)
from damascus.forge.request_count import note_requests

ResponseT = TypeVar("ResponseT", bound=BaseModel)

IO_TIMEOUT = httpx.Timeout(20, connect=5)
RESPONSE_TIMEOUT_SECONDS = 60.0  # for a whole response, however slowly it arrives
PAGE_SIZE = 50


class GiteaApi:
    """One Gitea; `transport` stands in for the network's, so that a test can listen."""

    def __init__(
        self, settings: ForgeSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._url = settings.url
        self.route = Route.to(settings.url, "GITEA_URL", settings.ca, "GITEA_CA", verify=settings.ssl_verify)
        self._options = self.route.client_options()
        self._retry_at = 0.0

    def check_may_ask(self) -> None:
        """Raise ForgeUnavailable until the time is over that Gitea asked us to wait (`Retry-After`)."""
        left = self._retry_at - self._clock.monotonic()
        if left > 0:
            raise ForgeUnavailable(f"Gitea asked us to wait; the next request is allowed in {left:.0f} s", left)

    async def version(self) -> str:
        return read_response(VersionResponse, await self._ask("GET", "/version")).version

    async def user(self) -> str:
        """Return the name of the token's user."""
        return read_response(UserResponse, await self._ask("GET", "/user")).login

    async def repository_by_id(self, id: str) -> RepositoryResponse | None:
        response = await self._ask("GET", f"/repositories/{quote(id, safe='')}", none_when=404)
        return read_response(RepositoryResponse, response) if response else None

    async def repository(self, owner: str, name: str) -> RepositoryResponse | None:
        response = await self._ask("GET", f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}", none_when=404)
        return read_response(RepositoryResponse, response) if response else None

    async def has_commit(self, full_name: str, sha: str) -> bool:
        """Tell whether a repository has a commit, given its whole sha."""
        query = {"stat": "false", "verification": "false", "files": "false"}
        return await self._ask("GET", f"/repos/{full_name}/git/commits/{sha}", query=query, none_when=404) is not None

    async def moved_to(self, full_name: str) -> str | None:
        """Return where a repository is that was renamed or moved, None if there never was one or it still is there."""
        response = await self._send("GET", f"/repos/{full_name}", None, None, follow=False)
        return response.headers.get("location") if response.is_redirect else None

    async def open_page(self, full_name: str) -> None:
        """Open a repository's page, as its owner does: that makes Gitea look at what it has. Nothing is read of it."""
        self.check_may_ask()
        token = self._settings.read_token()
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS), self._client(token) as http:
                await http.get(f"/{full_name}", auth=("token", token))  # pages take it only so
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise unreachable(error, self._url, self.route.problem(error)) from error

    async def create_repository(
        self, organization: str | None, name: str, description: str
    ) -> RepositoryResponse | None:
        """Make a private repository of an organisation, by default of the user. Returns None if the name is taken."""
        body = {"name": name, "description": description, "private": True, "default_branch": BRANCH, "auto_init": False}
        path = f"/orgs/{quote(organization, safe='')}/repos" if organization else "/user/repos"
        response = await self._ask("POST", path, body, none_when=409)
        return read_response(RepositoryResponse, response) if response else None

    async def edit_repository(self, full_name: str, changes: dict[str, Any]) -> None:
        await self._ask("PATCH", f"/repos/{full_name}", changes, none_when=404)

    async def issues(self, full_name: str, milestone: int | None = None) -> AsyncIterator[IssueResponse]:
        """Yield the issues of a repository, open or closed, all or a milestone's; nothing if the repository is gone."""
        page, known = 1, set[int]()
        while True:
            query: dict[str, Any] = {"state": "all", "type": "issues", "page": page, "limit": PAGE_SIZE}
            query |= {"milestones": str(milestone)} if milestone else {}
            response = await self._ask("GET", f"/repos/{full_name}/issues", query=query, none_when=404)
            found = read_json(response) if response else []
            issues = [check_value(IssueResponse, item) for item in found] if isinstance(found, list) else []
            new = [issue for issue in issues if issue.number not in known]
            if not new:  # also where every page is the same
                return
            for issue in new:
                yield issue
            known |= {issue.number for issue in new}
            page += 1

    async def create_issue(self, full_name: str, issue: dict[str, Any]) -> IssueResponse | None:
        """Make an issue and return it, None if the repository is gone or takes no issues."""
        response = await self._ask("POST", f"/repos/{full_name}/issues", issue, none_when=404)
        return read_response(IssueResponse, response) if response else None

    async def edit_issue(self, full_name: str, number: int, changes: dict[str, Any]) -> IssueResponse | None:
        """Change an issue and return it; None if it, or the repository, is gone."""
        response = await self._ask("PATCH", f"/repos/{full_name}/issues/{number}", changes, none_when=404)
        return read_response(IssueResponse, response) if response else None

    async def may_create_in(self, user: str, organization: str) -> bool | None:
        """Return whether a user may make repositories of an organisation, None if we see no such organisation."""
        path = f"/users/{quote(user, safe='')}/orgs/{quote(organization, safe='')}/permissions"
        response = await self._ask("GET", path, none_when=404)
        return read_response(OrganizationPermissionsResponse, response).can_create_repository if response else None

    async def check_may_write(self, path: str) -> None:
        """Raise ForgeUnavailable if the token may not write there. Writes nothing, as it sends nothing."""
        response = await self._send("POST", path, {}, None)
        if response.status_code not in (404, 422):
            raise refusal(response, self._url)

    async def one_of_mine(self) -> str | None:
        """Return the full name of a repository of the token's user, None if it lists none."""
        response = await self._ask("GET", "/user/repos", query={"limit": 1})
        found = read_json(response) if response else []
        return check_value(RepositoryResponse, found[0]).full_name if isinstance(found, list) and found else None

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, query: dict[str, Any] | None = None,
        none_when: int | tuple[int, ...] = 0,
    ) -> httpx.Response | None:  # fmt: skip
        """Return the response, None for a status that the caller handles. Raises ForgeUnavailable if it fails."""
        self.check_may_ask()
        response = await self._send(method, path, body, query)
        if response.is_success:
            return response
        expected = none_when if isinstance(none_when, tuple) else (none_when,)
        if response.status_code in expected and "json" in response.headers.get("content-type", ""):
            return None
        problem = refusal(response, self._url)
        self._retry_at = self._clock.monotonic() + problem.retry_after
        raise problem

    async def _send(
        self, method: str, path: str, body: Any, query: dict[str, Any] | None, *, follow: bool = True
    ) -> httpx.Response:
        token = self._settings.read_token()
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS), self._client(token) as http:
                form = {"files": body} if body and "attachment" in body else {"json": body}
                response = await http.request(method, f"/api/v1{path}", params=query, **form)
                moved = response.next_request if method == "GET" and follow else None  # a renamed repository
                if moved and is_same_server(moved.url, response.request.url):  # which may not know the proxy's prefix
                    path = moved.url.raw_path.decode("ascii").partition("/api/v1")[2]
                    response = await http.get(f"/api/v1{path}")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            raise unreachable(error, self._url, self.route.problem(error)) from error
        clean = without_secrets(response)
        if found := self.route.refusal(clean.status_code, clean.headers.get("content-type", ""), clean.text):
            raise ForgeUnavailable(found)
        return clean

    def _client(self, token: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"token {token}", "Accept": "application/json"}
        return httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=IO_TIMEOUT, transport=self._transport,
            event_hooks={"request": [_count]}, **self._options,
        )  # fmt: skip


async def _count(_: httpx.Request) -> None:
    note_requests()


def read_response(kind: type[ResponseT], response: httpx.Response | None) -> ResponseT:
    """Return the response's value. Raises ForgeUnavailable if it is another one, or there is none."""
    if response is None:
        raise ForgeUnavailable("Gitea's API is not at this address; check GITEA_URL")
    return check_value(kind, read_json(response))


def check_value(kind: type[ResponseT], value: Any) -> ResponseT:
    """Return what a response says. Raises ForgeUnavailable if it is of another form."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise ForgeUnavailable(
            f"unexpected response from Gitea: {explain(error)}; check GITEA_URL and Gitea's version"
        ) from None
