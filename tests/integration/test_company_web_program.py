"""A web program with a page, by a whole company: built, started, tried in a browser, pushed with its receipts."""

from pathlib import Path

import pytest
import yaml

from tests.fixtures.company import Company
from tests.fixtures.model import ROOT
from tests.fixtures.programs import needs_chromium

pytestmark = pytest.mark.long
SCRIPT = yaml.safe_load((ROOT / "scripts/e2e/web_program.yaml").read_text())


def results(company: Company, mission: str) -> dict[str, list[str]]:
    """What came of the Engineer's calls, by their tool."""
    rows = company.rows(
        "select u.tool, u.content from turns u join tasks t on t.id = u.task_id "
        "where t.mission_id = ? and t.role = 'engineer' and t.kind = 'work' and u.tool is not null order by u.n",
        mission,
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["tool"], []).append(row["content"])
    return found


def test_a_web_program_is_built_started_tried_in_a_browser_and_pushed(company: Company) -> None:
    needs_chromium()
    company.model.play_file(SCRIPT)
    mission = company.give("[web] A page that adds up")
    ended = company.ended(mission)
    assert ended["status"] == "succeeded", ended["reason"]
    said = results(company, mission)
    assert said["run_command"][0].startswith("b1 runs in the background")
    assert "<title>Tea</title>" in said["run_command"][1]
    assert "title: Tea\ntext: tea for 42\n" in said["screenshot"][0]
    assert "GET / HTTP" in said["background_command"][0]
    (picture,) = company.rows("select path from artifacts where kind = 'screenshot' and mission_id = ?", mission)
    assert (company.root / "shared" / picture["path"]).read_bytes().startswith(b"\x89PNG")
    receipts = company.rows("select kind, ok from receipts where mission_id = ?", mission)
    assert {row["kind"]: bool(row["ok"]) for row in receipts}["tests"]
    assert Path(ended["repositories"][0]["url"]).is_dir()
