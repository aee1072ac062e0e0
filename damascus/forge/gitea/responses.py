"""Gitea's responses: the parts that are read, and what a failure means for the owner of the company."""

from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field

from damascus.core.errors import ForgeUnavailable
from damascus.core.text import one_line

MAX_RETRY_AFTER_SECONDS = 3600.0

Number = Annotated[int, Field(ge=1, lt=2**63)]
# goes into addresses, a push and what the CEO reads
_NAME = r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
FullName = Annotated[str, Field(pattern=f"^{_NAME}/{_NAME}$")]


class UserResponse(BaseModel):
    login: str


class RepositoryResponse(BaseModel):
    id: Number
    full_name: FullName
    description: str = ""


class IssueResponse(BaseModel):
    number: Number
    state: str
    body: str = ""


class VersionResponse(BaseModel):
    version: str


def refusal(response: httpx.Response) -> ForgeUnavailable:
    """Return the error for a response that is not a success: what is wrong and how to fix it, on one line."""
    status, said = response.status_code, message_of(response)
    said = f": {said}" if said else ""
    if status == 401:
        return ForgeUnavailable(f"Gitea rejected the token (401{said}); create a new one and set GITEA_TOKEN")
    if status == 403:
        return ForgeUnavailable(
            f"Gitea refused {response.request.method} {response.request.url.path} (403{said}); the token needs the "
            "scopes write:repository, write:issue and write:user (write:organization for an organisation)"
        )
    if status == 404 and "/orgs/" in response.request.url.path:
        return ForgeUnavailable("Gitea has no organisation of that name that the token may use; check GITEA_OWNER")
    if status == 429:
        return ForgeUnavailable(f"too many requests to Gitea (429{said})", retry_after(response) or 60)
    if status >= 500:
        return ForgeUnavailable(
            f"Gitea failed with an internal error ({status}{said}); check Gitea's own log", retry_after(response)
        )
    if response.is_redirect:
        where = response.headers.get("location", "nowhere")[:200]
        return ForgeUnavailable(f"Gitea redirects to {where} ({status}); set GITEA_URL to that address")
    return ForgeUnavailable(f"Gitea rejected {response.request.method} {response.request.url.path} ({status}{said})")


def unreachable(error: Exception, url: str) -> ForgeUnavailable:
    """Return the error for a request that got no response: the reason, and how to fix it."""
    if "CERTIFICATE" in str(error).upper():
        return ForgeUnavailable(
            f"the certificate of {url} is not trusted; set GITEA_CA_FILE to the one that signed it, or, on a network "
            "where nobody can listen in, GITEA_SSL_VERIFY=false"
        )
    reason = str(error) or type(error).__name__
    return ForgeUnavailable(f"Gitea at {url} does not respond ({reason}); check that it is running and GITEA_URL")


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
