"""Reports on the shared volume."""

from datetime import datetime

from pydantic import Field

from damascus.api.schemas.base import Schema
from damascus.api.schemas.receipts import Receipt


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


class ReportSource(Schema):
    """A trail entry that a report cites, uncut; `mark` is what the program knows of its origin, empty if nothing.

    `source` is what its author named as where it is from. `page_id` and `page_url` are of the page that it is or rests
    on, as it is kept; `corrected_by` is the entry that corrects it.
    """

    ref: str
    seq: int
    by: str
    kind: str
    text: str
    source: str | None
    task_id: str | None
    at: datetime
    mark: str = ""
    passage: str | None = None
    page_id: str | None = None
    page_url: str | None = None
    corrected_by: str | None = None


class ReportText(Report):
    """A report with its text, front matter included; and apart from each other whose words are whose.

    `body` is its author's alone, also if it looks as if the program had written it. `program_part` is Markdown that the
    program makes now, from the ledger and not from the file: of a mission's summary what was checked, what failed and
    the cost. `notes` is what it says of how the report came to be. `receipts` are those of the report's task.
    """

    text: str
    body: str = ""
    notes: list[str] = Field(default_factory=list)
    program_part: str = ""
    sources: list[ReportSource] = Field(default_factory=list)
    receipts: list[Receipt] = Field(default_factory=list)
