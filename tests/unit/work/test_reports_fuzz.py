"""A report's file as a door: read back as it was written, or refused in one line, whoever has changed it since."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.errors import Invalid
from damascus.core.records.artifacts import Citation
from damascus.work.delivery import report_files
from damascus.work.delivery.report_files import Report, ReportFile
from tests.fixtures.fuzz import ABYSS, ODD_TEXT, door, is_one_line, json_text, spoilt

PLACE = "reports/m/r.md"
FRONT: dict[str, Any] = {
    "title": "On it", "mission": "m", "task": "task_1", "author": "Ada Low, Analyst", "model": "x", "cost_usd": 0.01,
    "sources": [{"ref": "e17", "by": "pm", "text": "it pays"}], "created_at": "2026-11-21T05:00:00+00:00",
}  # fmt: skip
# what YAML, and the other languages that a front matter may be in, can mean
MEANT = st.sampled_from(
    ["!!bool x", "!!timestamp x", "2026-02-30", '!!int ""', "&a [*a]", "? [a]\n: b", "!!binary x", "!!set {a}", "- a",
     "", "sources: &a [*a]", "sources: {ref: 1}", "sources: [1, {ref: [x]}, {}]", "title: !!python/name:os.system"]
)  # fmt: skip
YAML = spoilt(FRONT).map(yaml.safe_dump) | json_text(FRONT) | MEANT | ABYSS | st.text(max_size=60)
OPENING, CLOSING = st.sampled_from(["---\n", "+++\n", "{", ""]), st.sampled_from(["\n---", "\n+++", "}", ""])
FILE = (
    st.builds("---\n{}\n---\n{}".format, YAML, st.text(max_size=40) | ODD_TEXT)
    | st.builds("{}{}{}\n{}".format, OPENING, YAML, CLOSING, st.text(max_size=20))
).map(lambda text: text.encode(errors="replace")) | st.binary(max_size=100)
LINE = (st.text(min_size=1, max_size=60) | ODD_TEXT).map(
    lambda text: " ".join(text.encode(errors="replace").decode().split())
)
SOURCES = st.lists(st.builds(Citation, st.integers(1, 10**9).map("e{}".format), LINE, LINE), max_size=3).map(tuple)


def load(folder: Path) -> ReportFile | None:
    try:
        found = report_files.load(folder, PLACE)
    except Invalid as error:
        assert is_one_line(str(error)), repr(str(error))
        assert PLACE in str(error)
        return None
    assert all(isinstance(ref, str) for ref in found.refs())
    assert isinstance(found.body, str)
    return found


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / PLACE).parent.mkdir(parents=True)
    return tmp_path


@door(2)
@given(FILE)
def test_any_file_is_a_report_or_refused_in_one_line(shared: Path, data: bytes) -> None:
    (shared / PLACE).write_bytes(data)
    load(shared)


@door(2)
@given(LINE, LINE, SOURCES, st.text(max_size=200) | ODD_TEXT.filter(lambda text: text.isprintable()), st.booleans())
def test_what_was_written_is_read_back(
    shared: Path, title: str, author: str, sources: tuple[Citation, ...], body: str, rehearsal: bool
) -> None:
    report = Report(
        title, "m", "task_1", author, "x", 0.01, True, sources, datetime(2026, 1, 1, tzinfo=UTC), rehearsal, body
    )
    report_files.move_into_place(report_files.write_draft(shared, PLACE, report_files.render(report)), shared, PLACE)
    found = load(shared)
    assert found is not None
    assert found.refs() == [source.ref for source in sources]
    assert found.front["title"] == title
    assert found.front.get("rehearsal", False) == rehearsal
    assert list((shared / PLACE).parent.iterdir()) == [shared / PLACE]
