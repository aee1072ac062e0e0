"""From a directive to what the CEO holds in hand: one command, one JSON object, results that can be checked."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import frontmatter
import pytest

from tests.fixtures.company import Company

DIRECTIVE = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"
TRAIL = {"log", "finding", "code_snippet", "summary", "error", "request_for_help", "status_update", "completion"}


@pytest.fixture(scope="module")
def ran(shared_company: Company) -> dict[str, Any]:
    """What `ceo run` printed: the whole startup mission, once for this file."""
    shared_company.model.begin()
    done = shared_company.ceo("run", DIRECTIVE, "--budget", "2.00", "--json", "--timeout", "90")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)  # a second object or a word of progress would not parse
    return found


def test_run_prints_one_object_with_everything_the_ceo_needs(ran: dict[str, Any]) -> None:
    wanted = {"mission_id", "status", "reason", "readme", "reports", "repositories", "cost_usd", "seconds", "rehearsal"}
    assert wanted | {"receipts"} <= set(ran)
    assert (ran["status"], ran["reason"], ran["rehearsal"]) == ("succeeded", None, True)
    assert ran["receipts"]
    assert all(receipt["ok"] for receipt in ran["receipts"] if receipt["kind"] != "tests")
    assert ran["receipts"][-1]["ok"]
    assert 0 < ran["cost_usd"] < 2.00


def test_every_report_is_a_file_that_names_sources_which_are_on_the_trail(
    ran: dict[str, Any], company: Company
) -> None:
    trail = {f"e{e['entry']}" for e in company.events(mission=ran["mission_id"]) if e["kind"] in TRAIL}
    assert ran["readme"] in ran["reports"]
    assert len(ran["reports"]) >= 5
    for path in ran["reports"]:
        post = frontmatter.loads(Path(path).read_text())
        sources = set(post["sources"])
        assert sources, f"{path} names no source"
        assert sources <= trail, f"{path} cites what is not on the trail: {sources - trail}"
        assert "rehears" in Path(path).read_text().lower(), f"{path} does not say that it was rehearsed"


def test_the_readme_begins_with_the_answer_and_ends_with_what_it_cost_in_all(
    ran: dict[str, Any], company: Company
) -> None:
    text = frontmatter.loads(Path(ran["readme"]).read_text()).content
    assert text.startswith("# ")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading for heading in headings if heading != "From earlier missions"] == [
        "In short", "Decisions for the CEO", "Results", "How sure we are", "Checked by the program",
        "Reviewed by a colleague", "Gates", "Failed, contradictory or not checked", "Repositories", "Cost", "Sources",
    ]  # fmt: skip
    rows = re.findall(r"^\| \**(\w+)\** \| (\d+) \| (\d+) \| \d+% \| (\d+) \| ([\d.]+) \|$", text, re.MULTILINE)
    *by_role, total = [(role, *map(float, numbers)) for role, *numbers in rows]
    assert {role for role, *_ in by_role} == {"engineer", "pm", "sales", "vp"}
    assert total[0] == "total"
    for column in range(1, 5):
        assert total[column] == pytest.approx(sum(row[column] for row in by_role), abs=0.0002)
    assert total[4] == pytest.approx(ran["cost_usd"], abs=0.002)  # what the summary itself cost came after it
    assert "not checked: whether a source supports what is said with it" in text


def test_the_pushed_repository_clones_with_plain_git_and_its_tests_pass(ran: dict[str, Any], tmp_path: Path) -> None:
    assert len(ran["repositories"]) == 1
    subprocess.run(["git", "clone", "--quiet", ran["repositories"][0], tmp_path / "clone"], check=True)
    tests = subprocess.run(
        ["python3", "-m", "unittest", "discover", "-s", "tests"],
        cwd=tmp_path / "clone",
        capture_output=True,
        text=True,
        check=False,
    )
    assert tests.returncode == 0, tests.stderr
    assert not re.search(r"Ran 0 tests", tests.stderr)


def test_the_bill_is_what_the_ledger_counted_and_nothing_stays_reserved(ran: dict[str, Any], company: Company) -> None:
    counted = company.rows("select sum(cost) as cost from usage where mission_id = ?", ran["mission_id"])[0]["cost"]
    budget = next(m for m in company.get("/api/budget")["missions"] if m["scope"] == f"mission:{ran['mission_id']}")
    assert round(ran["cost_usd"] * 1_000_000) == counted == budget["spent_microusd"]
    assert budget["reserved_microusd"] == 0
    assert budget["limit_microusd"] == 2_000_000


def test_the_log_has_no_gaps(ran: dict[str, Any], company: Company) -> None:
    seqs = [row["seq"] for row in company.rows("select seq from events order by seq")]
    assert seqs == list(range(1, len(seqs) + 1))
    assert [event["seq"] for event in company.events()] == seqs


def test_without_a_terminal_the_result_comes_as_plain_lines_and_says_that_it_was_rehearsed(company: Company) -> None:
    done = company.ceo("run", "[reference] Compare three note apps")
    assert done.returncode == 0, done.stderr
    assert "REHEARSAL" in done.stdout.splitlines()[1]
    assert "REHEARSAL" in done.stdout.splitlines()[-1]
    assert "\x1b" not in done.stdout
    readme = next(line.split()[-1] for line in done.stdout.splitlines() if line.startswith("read first"))
    assert Path(readme).is_file()


def test_the_results_can_be_looked_up_afterwards(ran: dict[str, Any], company: Company) -> None:
    slug = ran["slug"]
    shown = company.json("show", slug)
    assert shown["id"] == ran["mission_id"]
    assert slug in [mission["slug"] for mission in company.json("missions")]
    assert {Path(report["absolute"]) for report in company.json("reports", slug)} == set(map(Path, ran["reports"]))
    assert company.json("read", f"{slug}/README")["text"] == Path(ran["readme"]).read_text()
    assert company.json("trail", shown["tasks"][1]["id"])
    assert {"vp", "pm", "sales", "engineer"} <= {member["role"] for member in company.json("team")}
    for command in (["missions"], ["show", slug], ["status"]):
        done = company.ceo(*command)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip()
