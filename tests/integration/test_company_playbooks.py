"""Each shipped playbook, played once to its end: every task done as it says, every check of its lines passed."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.staff.playbooks import Playbook, load_playbook
from tests.fixtures.code_bases import UNITTEST, git
from tests.fixtures.company import ROOT, Company, Mission, founded
from tests.fixtures.model import rehearsal

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

DIRECTIVES = {
    "small-tool": "Build a small program that keeps invoices for freelancers",
    "decision": "Decide how our bakery takes orders for Saturday, on paper or with a program",
    "research": "Find out how freelancers keep their hours",
    "report": "How long do freelancers wait for their money?",
    "software": "Build a program that books the rooms of a small hotel",
    "startup": "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP",
}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("playbooks")
    with rehearsal(folder) as model, founded(folder / "root", model) as company:
        company.up()
        yield company
        company.down()


@pytest.fixture(scope="module")
def missions(firm: Company) -> dict[str, str]:
    """All at once, since their tasks wait for each other and not for other missions."""
    return {name: firm.give(f"[by-the-book] {text}", playbook=name) for name, text in DIRECTIVES.items()}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_a_playbook_is_played_to_its_end(firm: Company, missions: dict[str, str], name: str) -> None:
    played(firm, firm.ended(missions[name], 300), load_playbook(ROOT / "playbooks", name))


def test_the_playbook_for_existing_code_is_played_to_its_end(firm: Company, tmp_path: Path) -> None:
    theirs = UNITTEST.make(tmp_path / UNITTEST.name)
    done = firm.ceo(
        "run", f"[by-the-book] {UNITTEST.directive}", "--repo", str(theirs), "--json", "--timeout", "120", seconds=150
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    played(firm, firm.mission(result["mission_id"]), load_playbook(ROOT / "playbooks", "existing-code"))
    before, branch = git(theirs, "rev-parse", "HEAD"), f"damascus/{result['slug']}"
    changed = git(Path(result["repositories"][0]), "diff", "--name-only", before, branch)
    assert changed == UNITTEST.edit[0]


def played(firm: Company, mission: Mission, playbook: Playbook) -> None:
    assert (mission["status"], mission["reason"]) == ("succeeded", None)
    assert mission["playbook"] == playbook.name
    tasks = {task["key"]: task for task in mission["tasks"]}
    assert tasks["plan"]["reason"].startswith(f"the plan of the playbook {playbook.name} was taken")
    planned = list(playbook.tasks())
    assert {tasks[task.key]["status"] for task in planned} == {"completed"}
    assert {tasks[task.key]["verdict"]["word"] for task in planned if task.gate} <= {"go"}
    checks = Counter(task.key for task in planned for _ in task.deliverable.checks)
    standing = [receipt for receipt in mission["receipts"] if receipt["standing"]]
    keys = {task["id"]: task["key"] for task in mission["tasks"]}
    passed = Counter(keys[r["task_id"]] for r in standing if r["kind"] == "acceptance" and r["ok"])
    assert passed == checks
    assert [receipt["text"] for receipt in standing if not receipt["ok"]] == []
