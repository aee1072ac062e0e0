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
    folder: str | None = Field(None, description="where the files of the head can be looked at")
    zip: str | None = Field(None, description="the same files in one")
    start: str | None = Field(None, description="the command that starts what is in it")
    origin: str | None = Field(None, description="where the code is from, if it is somebody's")
    branch: str | None = Field(None, description="where the change of that code is")
    pull_request: str | None = Field(None, description="the address or file of what asks for the change to be taken")
