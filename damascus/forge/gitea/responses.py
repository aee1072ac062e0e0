"""Gitea's responses: the parts that are read, and what a failure means for the owner of the company."""

from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field

from damascus.core.errors import ForgeUnavailable
from damascus.core.redaction import redact
from damascus.core.text import one_line
from damascus.forge.gitea.advice import NO_RIGHT, advice_for

MAX_RETRY_AFTER_SECONDS = 3600.0
# a refusal with one of these says nothing of the next request
ABOUT_ONE_THING = frozenset({400, 404, 405, 409, 410, 412, 413, 422})

Number = Annotated[int, Field(ge=1, lt=2**63)]
# goes into addresses, a push and what the CEO reads
_NAME = r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
FullName = Annotated[str, Field(pattern=f"^{_NAME}/{_NAME}$")]


class RequestRefused(ForgeUnavailable):
    """Gitea does not take this one request; others may go through."""


class UserResponse(BaseModel):
    login: str


class PermissionsResponse(BaseModel):
    push: bool = True


class OrganizationPermissionsResponse(BaseModel):
    can_create_repository: bool


class RepositoryResponse(BaseModel):
    id: Number
    full_name: FullName
    description: str = ""
    default_branch: str = ""
    has_code: bool = True
    has_issues: bool = True
    external_tracker: dict[str, Any] | None = None
    empty: bool = False
    has_releases: bool = True
    has_pull_requests: bool = True
    archived: bool = False
    permissions: PermissionsResponse | None = None


class LabelResponse(BaseModel):
    id: Number
    name: str


class IssueResponse(BaseModel):
    number: Number
    state: str
    body: str = ""
    labels: list[LabelResponse] | None = None


class VersionResponse(BaseModel):
    version: str


def archived(there: RepositoryResponse) -> str:
    return f"{there.full_name} is archived at Gitea; unarchive it"


def check_takes_code(there: RepositoryResponse) -> None:
    """Raise ForgeUnavailable, with what to do, if nothing may be pushed to a repository."""
    if there.archived:
        raise ForgeUnavailable(archived(there))
    if not there.has_code:
        raise ForgeUnavailable(f"code is switched off for {there.full_name}; switch it on in its settings at Gitea")
    if there.permissions is not None and not there.permissions.push:
        raise ForgeUnavailable(f"the token's user may not push to {there.full_name}; give it the right to write there")


def refusal(response: httpx.Response, url: str) -> ForgeUnavailable:
    """Return the error for a response that is not a success: what is wrong and how to fix it, on one line.

    Nothing is quoted of a 401, in which some servers repeat the token.
    """
    status, words = response.status_code, message_of(response)
    said = f"{status}: {words}" if words else f"{status}"
    if status == 401:
        return ForgeUnavailable("Gitea rejected the token (401); create a new one and set GITEA_TOKEN")
    if status == 429:
        return ForgeUnavailable(f"too many requests to Gitea ({said})", retry_after(response) or 60)
    if status >= 500:
        return ForgeUnavailable(
            f"Gitea failed with an internal error ({said}); check Gitea's own log", retry_after(response)
        )
    if response.is_redirect:
        return _redirected(response)
    if not words and "json" not in response.headers.get("content-type", ""):
        return ForgeUnavailable(
            f"{url} responds, but not as Gitea's API ({one_line(response.text, 100) or status}); "
            f"{advice_for(response.text[:1000]) or 'check GITEA_URL, and the path that Gitea is under'}"
        )
    if status == 404 and "/orgs/" in response.request.url.path:
        return ForgeUnavailable("Gitea has no organisation of that name that the token may use; check GITEA_OWNER")
    advice = advice_for(words) or (NO_RIGHT if status == 403 else "")
    asked = f"{response.request.method} {response.request.url.path}"
    what = f"Gitea refused {asked} ({said}){'; ' if advice else ''}{advice}"
    return RequestRefused(what) if status in ABOUT_ONE_THING else ForgeUnavailable(what)


def _redirected(response: httpx.Response) -> ForgeUnavailable:
    """What is known by its id had another name a moment ago; anything else is another server, or another address."""
    where = response.next_request.url if response.next_request else None
    if where is not None and is_same_server(where, response.request.url) and "/api/v1/rep" in where.path:
        return ForgeUnavailable("the repository was renamed at Gitea just now; it is looked for under its new name")
    shown = one_line(response.headers.get("location", "nowhere"), 200)
    return ForgeUnavailable(f"Gitea redirects to {shown} ({response.status_code}); set GITEA_URL to that address")


def unreachable(error: Exception, url: str, problem: str | None) -> ForgeUnavailable:
    """Return the error for a request that got no response: the reason, and how to fix it.

    `problem` is what is wrong with the way there, if that is the reason.
    """
    if problem is not None:
        return ForgeUnavailable(problem)
    if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | TimeoutError):
        return ForgeUnavailable(f"Gitea at {url} is slow: there was no response in time; look at that machine's load")
    reason = one_line(str(error)) or type(error).__name__
    return ForgeUnavailable(f"Gitea at {url} does not respond ({reason}); check that it is running and GITEA_URL")


def is_same_server(one: httpx.URL, other: httpx.URL) -> bool:
    """Return True if the token may go to the other address, too: same host, and not without TLS."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def without_secrets(response: httpx.Response) -> httpx.Response:
    """Return the response with nothing in it of our secrets: some servers repeat the token that they refuse."""
    headers = [
        (name.encode(), redact(response.headers[name]).encode("latin-1", "replace"))
        for name in ("content-type", "location", "retry-after")
        if name in response.headers
    ]
    body = redact(response.text).encode(response.encoding or "utf-8", "replace")
    clean = httpx.Response(response.status_code, headers=headers, content=body, request=response.request)
    clean.next_request = response.next_request
    return clean


def read_json(response: httpx.Response) -> Any:
    """Return the response's value. Raises ForgeUnavailable if it is not JSON, but another program's page, say."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "nothing")[:60]
        raise ForgeUnavailable(
            f"{response.request.url.copy_with(query=None)} responds with {kind}, not as Gitea's API; check GITEA_URL"
        ) from None


def retry_after(response: httpx.Response) -> float:
    """Return the seconds that the server asks to wait, 0 if it does not say."""
    given = response.headers.get("retry-after", "")
    return min(float(given), MAX_RETRY_AFTER_SECONDS) if given.isascii() and given.isdigit() else 0.0


def message_of(response: httpx.Response) -> str:
    """Return Gitea's error message on one line; empty if the response is not Gitea's."""
    try:
        message = response.json()["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return one_line(str(message))
