"""`ceo run --plan`: a quote is shown and signed, what deviates from it parks, and both stand beside what was spent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.company import Company, running, wait_for
from tests.fixtures.model import rehearsal

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
DIRECTIVE = "[careful] Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Company]:
    """A company that has done nothing yet: what a task may take is what its limits say, not what others took."""
    with rehearsal(tmp_path) as model, running(tmp_path / "root", model) as company:
        yield company


def test_a_plan_is_quoted_signed_and_parks_where_it_deviates(firm: Company) -> None:
    asked = firm.begin("run", DIRECTIVE, "--plan", "--no-ask", "--budget", "2.00", "--json", "--timeout", "200")
    first = wait_for(lambda: firm.json("desk", "--json"), "a quote at the desk")[0]
    mission = firm.mission(first["mission_id"])
    assert (mission["status"], first["kind"]) == ("quoted", "permission")
    shown = firm.ceo("desk").stdout
    for words in ("low, expected and worst cost", "ideas (pm): $", "mvp (engineer): $", "together: $"):
        assert words in shown, shown
    assert {task["status"] for task in mission["tasks"] if task["kind"] == "work"} == {"waiting"}

    assert firm.ceo("approve", first["id"]).returncode == 0
    second = wait_for(
        lambda: [item for item in firm.json("desk", "--json") if item["id"] != first["id"]], "the difference", 120
    )[0]
    parked = {task["key"]: task for task in firm.mission(mission["id"])["tasks"]}["instead"]
    assert (parked["status"], parked["started_at"]) == ("stopped", None)

    assert firm.ceo("approve", second["id"]).returncode == 0
    printed, _ = asked.communicate(timeout=220)
    assert asked.returncode == 0, printed
    result = json.loads(printed)
    ended = firm.mission(result["mission_id"])
    assert result["quotes"] == ended["quotes"]
    assert 0 < result["cost_usd"] * 10**6 <= ended["quotes"][0]["ceiling_microusd"] <= ended["limit_microusd"]
    assert [quote["status"] for quote in ended["quotes"]] == ["signed", "signed"]
    assert [line["key"] for line in ended["quotes"][1]["tasks"]] == ["instead"]
    text = Path(result["readme"]).read_text()
    assert len(re.findall(r"^\| signed \| .* \| \d+\.\d{4} \| \d+ \|$", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^quote +signed: .*spent", firm.ceo("show", ended["slug"]).stdout, re.MULTILINE)) == 2
