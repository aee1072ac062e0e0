"""What we read of Gitea's answers, and what an answer that is no success means for whoever runs the company."""

from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field

from damascus.core.errors import ForgeUnavailable

LONGEST_REST = 3600.0

Number = Annotated[int, Field(ge=1, lt=2**63)]
# goes into addresses, a push and what the CEO reads
_NAME = r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}"
FullName = Annotated[str, Field(pattern=f"^{_NAME}/{_NAME}$")]


class UserAnswer(BaseModel):
    login: str


class RepositoryAnswer(BaseModel):
    id: Number
    full_name: FullName
    description: str = ""


class IssueAnswer(BaseModel):
    number: Number
    state: str
    body: str = ""


class VersionAnswer(BaseModel):
    version: str


def refusal(answer: httpx.Response) -> ForgeUnavailable:
    """What is wrong and how to mend it, on one line."""
    status, said = answer.status_code, words(answer)
    said = f": {said}" if said else ""
    if status == 401:
        return ForgeUnavailable(f"Gitea does not take the token (401{said}): make a new one, set GITEA_TOKEN")
    if status == 403:
        return ForgeUnavailable(
            f"Gitea refuses {answer.request.method} {answer.request.url.path} (403{said}): the token needs the scopes "
            "write:repository, write:issue and write:user (write:organization for an organisation)"
        )
    if status == 404 and "/orgs/" in answer.request.url.path:
        return ForgeUnavailable("there is no organisation of that name that the token may use: check GITEA_OWNER")
    if status == 429:
        return ForgeUnavailable(f"Gitea is asked too often (429{said})", retry_after(answer) or 60)
    if status >= 500:
        return ForgeUnavailable(f"Gitea has a fault of its own ({status}{said})", retry_after(answer))
    if answer.is_redirect:
        where = answer.headers.get("location", "nowhere")[:200]
        return ForgeUnavailable(f"Gitea leads elsewhere ({status} to {where}): set GITEA_URL to where it is")
    return ForgeUnavailable(f"Gitea does not take {answer.request.method} {answer.request.url.path} ({status}{said})")


def no_answer(error: Exception, url: str) -> ForgeUnavailable:
    """The reason why nobody answers."""
    if "CERTIFICATE" in str(error).upper():
        return ForgeUnavailable(
            f"the certificate of {url} is not trusted: set GITEA_CA_FILE to the one that signed it, or, where nobody "
            "can listen in, GITEA_SSL_VERIFY=false"
        )
    reason = str(error) or type(error).__name__
    return ForgeUnavailable(f"Gitea at {url} does not answer ({reason}): is it running, is GITEA_URL right?")


def read_json(answer: httpx.Response) -> Any:
    """The answer's value; raises ForgeUnavailable for what is not JSON, such as another program's page."""
    try:
        return answer.json()
    except (ValueError, RecursionError):
        kind = answer.headers.get("content-type", "nothing")[:60]
        raise ForgeUnavailable(
            f"{answer.request.url.copy_with(query=None)} answers {kind}, not Gitea's API: is GITEA_URL right?"
        ) from None


def retry_after(answer: httpx.Response) -> float:
    """The seconds that the server asks to be left alone for; 0 when it does not say."""
    given = answer.headers.get("retry-after", "")
    return min(float(given), LONGEST_REST) if given.isascii() and given.isdigit() else 0.0


def words(answer: httpx.Response) -> str:
    """What Gitea says about it, on one line; empty when it is not Gitea that speaks."""
    try:
        said = answer.json()["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return " ".join(str(said).split())[:300]
