"""Git repositories that missions made."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import Schema
from damascus.api.schemas.receipts import Receipt


class Commit(Schema):
    """A pushed commit."""

    sha: str
    message: str
    link: str


class Repository(Schema):
    """A repository with its pushed commits, oldest first."""

    id: str = Field("", description="what `/api/repositories/ID` opens; a name opens the newest of that name")
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


class CommitDetail(Schema):
    """A commit as it is in the repository, and what the program checked of exactly this one.

    `author` and `message` are words of its maker. `task_id` and `link` are null if no task of the mission did.
    """

    sha: str
    message: str
    author: str
    created_at: datetime
    task_id: str | None
    link: str | None
    receipts: list[Receipt]


class TreeEntry(Schema):
    """What a folder has: a `file`, an `executable`, a `folder`, a `link`, or something `other` that is not opened."""

    name: str
    path: str
    kind: str


class CodeTree(Schema):
    """A folder of a commit; `next` goes into `after` for what else is in it, null if there is no more."""

    sha: str
    path: str
    items: list[TreeEntry]
    next: str | None = None


class CodeFile(Schema):
    """A file of a commit; of a link, `text` is where it leads.

    `text` is null if it is not UTF-8. `size` is that of the whole file in bytes; `is_cut` if `text` is its
    beginning only.
    """

    sha: str
    path: str
    kind: str
    size: int
    text: str | None
    is_cut: bool
