"""Git repositories that missions made."""

from pydantic import Field

from damascus.api.schemas.base import Schema


class Commit(Schema):
    """A pushed commit."""

    sha: str
    message: str
    link: str


class Repository(Schema):
    """A repository with its pushed commits, oldest first."""

    mission_id: str
    name: str
    url: str
    web_url: str | None = None
    head: str | None
    waits: str | None = Field(None, description="why the head is not at the forge yet")
    note: str | None = Field(None, description="what to know of it at the forge, as that its board waits")
    commits: list[Commit]
