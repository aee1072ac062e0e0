"""Gitea's REST API, as far as the company uses it: find and make a repository, find, make and change issues.

Each request names itself with the token as it is at that moment; the token is in no URL, error or log. No method
retries: whoever calls tries again later, which is what a row in the ledger is for.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from damascus.core.clock import Clock
from damascus.core.errors import ForgeUnavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.git_command import BRANCH
from damascus.forge.gitea.responses import (
    IssueAnswer,
    RepositoryAnswer,
    UserAnswer,
    VersionAnswer,
    no_answer,
    read_json,
    refusal,
    words,
)

ResponseT = TypeVar("ResponseT", bound=BaseModel)

TIMEOUT = httpx.Timeout(20, connect=5)
LONGEST = 60.0  # seconds for one answer, however it drips
PAGE = 50


class GiteaApi:
    """One Gitea; `transport` stands in for the network's, so that a test can listen."""

    def __init__(
        self, settings: ForgeSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._url = settings.url.rstrip("/")
        self._rest_until = 0.0

    def check_rest(self) -> None:
        """Raise ForgeUnavailable while Gitea wants to be left alone."""
        left = self._rest_until - self._clock.monotonic()
        if left > 0:
            raise ForgeUnavailable(f"Gitea asked to be left alone for {left:.0f} s more", left)

    async def version(self) -> str:
        return _read(VersionAnswer, await self._ask("GET", "/version")).version

    async def user(self) -> str:
        """Whose token it is."""
        return _read(UserAnswer, await self._ask("GET", "/user")).login

    async def repository_by_id(self, id: str) -> RepositoryAnswer | None:
        answer = await self._ask("GET", f"/repositories/{quote(id, safe='')}", none_when=404)
        return _read(RepositoryAnswer, answer) if answer else None

    async def repository(self, owner: str, name: str) -> RepositoryAnswer | None:
        answer = await self._ask("GET", f"/repos/{quote(owner, safe='')}/{quote(name, safe='')}", none_when=404)
        return _read(RepositoryAnswer, answer) if answer else None

    async def create_repository(self, organization: str | None, name: str, description: str) -> RepositoryAnswer | None:
        """Make a private repository under an organisation or the token's user; None when the name is taken."""
        body = {"name": name, "description": description, "private": True, "default_branch": BRANCH, "auto_init": False}
        path = f"/orgs/{quote(organization, safe='')}/repos" if organization else "/user/repos"
        answer = await self._ask("POST", path, body, none_when=409)
        return _read(RepositoryAnswer, answer) if answer else None

    async def issues(self, full_name: str) -> AsyncIterator[IssueAnswer]:
        """Every issue of a repository, open or closed; nothing when the repository is gone."""
        page, known = 1, set[int]()
        while True:
            query = {"state": "all", "type": "issues", "page": page, "limit": PAGE}
            answer = await self._ask("GET", f"/repos/{full_name}/issues", query=query, none_when=404)
            found = read_json(answer) if answer else []
            issues = [_check(IssueAnswer, item) for item in found] if isinstance(found, list) else []
            new = [issue for issue in issues if issue.number not in known]
            if not new:  # also where every page is the same
                return
            for issue in new:
                yield issue
            known |= {issue.number for issue in new}
            page += 1

    async def create_issue(self, full_name: str, title: str, text: str, closed: bool) -> IssueAnswer | None:
        """None when the repository is gone."""
        body = {"title": title, "body": text, "closed": closed}
        answer = await self._ask("POST", f"/repos/{full_name}/issues", body, none_when=404)
        return _read(IssueAnswer, answer) if answer else None

    async def set_issue(self, full_name: str, number: int, state: str) -> IssueAnswer | None:
        """Open or close one; None when it is gone."""
        answer = await self._ask("PATCH", f"/repos/{full_name}/issues/{number}", {"state": state}, none_when=404)
        return _read(IssueAnswer, answer) if answer else None

    async def may_write(self, path: str) -> str | None:
        """What the token's scopes lack to write there, None when nothing; nothing is written, as nothing is sent."""
        answer = await self._send("POST", path, {}, None)
        if answer.status_code == 403:
            return words(answer) or "a scope"
        if answer.status_code in (404, 422):
            return None
        raise refusal(answer)

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, query: dict[str, Any] | None = None,
        none_when: int = 0,
    ) -> httpx.Response | None:  # fmt: skip
        """The answer, None for the one status that the caller knows how to take; raises ForgeUnavailable."""
        self.check_rest()
        answer = await self._send(method, path, body, query)
        if answer.is_success:
            return answer
        if answer.status_code == none_when and "json" in answer.headers.get("content-type", ""):
            return None
        problem = refusal(answer)
        self._rest_until = self._clock.monotonic() + problem.retry_after
        raise problem

    async def _send(self, method: str, path: str, body: Any, query: dict[str, Any] | None) -> httpx.Response:
        try:
            async with asyncio.timeout(LONGEST), self._client() as http:
                answer = await http.request(method, f"/api/v1{path}", json=body, params=query)
                if method == "GET" and answer.next_request and _same_place(answer.next_request.url, answer.request.url):
                    answer = await http.send(answer.next_request)  # a renamed repository
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            raise no_answer(error, self._url) from error
        return answer

    def _client(self) -> httpx.AsyncClient:
        headers = {"Authorization": f"token {self._settings.read_token()}", "Accept": "application/json"}
        return httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=TIMEOUT, trust_env=False, transport=self._transport,
            verify=_trust(self._settings) if self._url.startswith("https") else False,
        )  # fmt: skip


def _read(kind: type[ResponseT], answer: httpx.Response | None) -> ResponseT:
    if answer is None:
        raise ForgeUnavailable("Gitea has nothing there: is GITEA_URL right?")
    return _check(kind, read_json(answer))


def _check(kind: type[ResponseT], value: Any) -> ResponseT:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ForgeUnavailable(f"Gitea's answer is not as its API says: {where}: {first['msg']}") from None


def _same_place(one: httpx.URL, other: httpx.URL) -> bool:
    """To another host, or without TLS, the token does not go."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _trust(settings: ForgeSettings) -> ssl.SSLContext | bool:
    if not settings.ssl_verify:
        return False
    context = ssl.create_default_context()
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ForgeUnavailable(f"{settings.ca_file} (GITEA_CA_FILE) cannot be used: {error}") from None
    return context
