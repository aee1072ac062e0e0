"""Reports on the shared volume."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import Schema


class Report(Schema):
    """A report; `path` is relative to the shared folder, `absolute` is where the office sees the file.

    `earlier` are the paths of the versions that it supersedes.
    """

    mission_id: str
    mission_slug: str
    name: str
    title: str
    path: str
    absolute: str
    task_id: str
    author: str
    created_at: datetime
    earlier: list[str] = Field(default_factory=list)


class ReportText(Report):
    """A report with its text, front matter included."""

    text: str
