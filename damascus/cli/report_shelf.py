"""Reports as they are in the shared folder, for when no office responds: read only, by the names of the files.

The ledger knows more: whose row a file is, and whether its receipts hold. So this is said to the reader.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from damascus.api.schemas import Report, ReportText
from damascus.cli.formatting import stderr
from damascus.cli.name_lookup import matching, resolve_one
from damascus.core.errors import Invalid, NotFound
from damascus.documents.front_matter import split

FOLDER = "reports"
MAX_REPORT_BYTES = 1_000_000


class ReportShelf:
    """The reports below a company's shared folder."""

    def __init__(self, shared: Path) -> None:
        self._shared = shared

    def reports(self, mission: str | None = None) -> list[Report]:
        """Return the reports of a mission, None for all, newest first; a file that cannot be read is left out.

        Raises NotFound if the mission's name matches none or several.
        """
        folders = sorted((path for path in (self._shared / FOLDER).glob("*") if path.is_dir()), reverse=True)
        if mission is not None:
            folders = [resolve_one(folders, mission, lambda folder: (folder.name,), "mission")]
        found = [report for folder in folders for report in self._in(folder)]
        return sorted(found, key=lambda report: report.created_at, reverse=True)

    def find(self, name: str) -> ReportText:
        """Return a report by MISSION/NAME, or by NAME in the newest mission that has it; either may be a part."""
        mission, _, short = name.rpartition("/")
        found = self.reports(mission or None)
        fitting = matching(found, short, _keys)
        newest = [report for report in fitting if report.mission_id == fitting[0].mission_id]
        report = resolve_one(newest, short, _keys, "report")
        return ReportText(**report.model_dump(), text=self._text(self._shared / report.path))

    def _in(self, folder: Path) -> Iterator[Report]:
        for path in folder.glob("*.md"):
            try:
                front, _ = split(self._text(path))
            except (Invalid, NotFound):
                continue
            yield Report(
                mission_id=folder.name, mission_slug=folder.name, name=path.stem,
                title=" ".join(str(front.get("title") or path.stem).split()),
                path=path.relative_to(self._shared).as_posix(), absolute=str(path),
                task_id=str(front.get("task") or ""), author=" ".join(str(front.get("author") or "").split()),
                created_at=_time(front.get("created_at")),
            )  # fmt: skip

    @staticmethod
    def _text(path: Path) -> str:
        """Return a file's text. Raises NotFound or Invalid if it is not a report's."""
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                data = file.read(MAX_REPORT_BYTES + 1)
            if len(data) > MAX_REPORT_BYTES:
                raise Invalid(f"{path} is larger than {MAX_REPORT_BYTES} bytes, which no report is")
            return data.decode()
        except OSError as error:
            raise NotFound(f"the report's file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:
            raise Invalid(f"the report's file {path} is not UTF-8 text any more; save it as UTF-8") from None


def say_where_from(shared: Path) -> None:
    """Say that what is shown comes from the shared folder."""
    stderr.print(f"the company is not running; this is from {shared / FOLDER}", markup=False)


def _keys(report: Report) -> tuple[str, ...]:
    return (report.name,)


def _time(written: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
