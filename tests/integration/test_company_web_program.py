"""A web program with a page, by a whole company: built, started, tried in a browser, pushed with its receipts."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.fixtures.company import Company, running
from tests.fixtures.model import ROOT, rehearsal
from tests.fixtures.programs import needs_chromium

pytestmark = pytest.mark.long
SCRIPT = yaml.safe_load((ROOT / "scripts/e2e/web_program.yaml").read_text())
CALLS = """
    select u.tool, u.content, u.picture from turns u join tasks t on t.id = u.task_id
    where t.mission_id = ? and t.role = 'engineer' and t.kind = 'work' and u.tool is not null and u.status = 'done'
    order by u.n
"""


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company whose model sees pictures."""
    needs_chromium()
    folder = tmp_path_factory.mktemp("seeing")
    with rehearsal(folder) as model, running(folder / "root", model, models__rehearsal={"vision": True}) as company:
        yield company


def results(company: Company, mission: str) -> dict[str, list[str]]:
    """What came of the Engineer's calls, by their tool."""
    found: dict[str, list[str]] = {}
    for row in company.rows(CALLS, mission):
        found.setdefault(row["tool"], []).append(row["content"])
    return found


def test_a_web_program_is_tried_in_a_browser_and_its_model_sees_the_page_though_its_worker_dies(
    seeing: Company,
) -> None:
    seeing.model.play_file(SCRIPT)
    mission = seeing.give("[web] A page that adds up")
    seeing.when(mission, lambda _: "screenshot" in results(seeing, mission), "a picture")
    seeing.kill("engineer-1")
    ended = seeing.ended(mission)
    assert ended["status"] == "succeeded", ended["reason"]

    said = results(seeing, mission)
    assert said["run_command"][0].startswith("b1 runs in the background")
    assert "<title>Tea</title>" in said["run_command"][1]
    assert "(800 x 600 pixels, " in said["screenshot"][0]
    assert "title: Tea\ntext: tea for 42\n" in said["screenshot"][0]
    (kept,) = seeing.rows("select path from artifacts where kind = 'screenshot' and mission_id = ?", mission)
    png = (seeing.root / "shared" / kept["path"]).read_bytes()
    digest = hashlib.sha256(png).hexdigest()
    receipts = seeing.rows("select kind, ok from receipts where mission_id = ?", mission)
    assert {row["kind"]: bool(row["ok"]) for row in receipts}["tests"]
    assert Path(ended["repositories"][0]["url"]).is_dir()

    (task,) = [task["id"] for task in ended["tasks"] if (task["role"], task["kind"]) == ("engineer", "work")]
    arrived = {call["step"]: call["pictures"] for call in seeing.model.calls() if call["task"] == task}
    assert all(pictures == ([digest] if step >= 3 else []) for step, pictures in arrived.items()), arrived
    assert max(arrived) >= 4, "also what was asked after the worker's death"
    rows = "select picture from turns where picture is not null and picture != 'null'"
    assert [digest in row["picture"] and len(row["picture"]) < 300 for row in seeing.rows(rows)] == [True]
