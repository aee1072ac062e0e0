"""A series of missions of which each could know what the ones before it learnt: with memory, and without."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.company import Company, founded, running, wait_for
from tests.fixtures.model import Model, rehearsal

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]  # up to ten missions with their reviews
RULE = "Prices are in euros: that is our currency"
DIRECTIVES = [
    f"[apprentice] Build a time tracker of working hours for {audience} that earns $300-600 a month"
    for audience in ("freelancers", "night nurses", "law students", "volunteers", "remote teams")
]


@dataclass
class Figures:
    """What the missions of a series took, all together, and how many of them succeeded."""

    succeeded: int
    calls: int
    tokens: int
    refusals: int
    questions: int


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with rehearsal(tmp_path_factory.mktemp("model")) as model:
        yield model


def play(company: Company, directives: list[str], *, has_memory: bool) -> list[dict[str, Any]]:
    """One mission after the other; the CEO answers what is asked, and lays down as a rule what was asked once."""
    ended: list[dict[str, Any]] = []
    for directive in directives:
        id = company.give(directive)

        def is_over(id: str = id) -> dict[str, Any] | None:
            mission = company.mission(id)
            for item in mission["waiting"]:
                company.json("answer", item["id"], RULE)
            return mission if mission["status"] in ("succeeded", "failed") else None

        ended.append(wait_for(is_over, "the end of the mission"))
        if has_memory and len(ended) == 1:
            company.json("memory", "add", RULE)
    return ended


def figures(company: Company) -> Figures:
    def count(query: str) -> int:
        return int(company.rows(query)[0][0] or 0)

    return Figures(
        count("select count(*) from missions where status = 'succeeded'"),
        count("select count(*) from usage"),
        count("select sum(input_tokens) from usage"),
        count("select count(*) from receipts where not ok"),
        count("select count(*) from desk_items"),
    )


def test_a_series_with_memory_takes_fewer_calls_and_refusals_than_one_without(model: Model, tmp_path: Path) -> None:
    with running(tmp_path / "with", model) as company:
        missions = play(company, DIRECTIVES, has_memory=True)
        readmes = [Path(company.root, "shared/reports", m["slug"], "README.md").read_text() for m in missions]
        known = figures(company)
    with running(tmp_path / "without", model) as company:
        company.json("policy", "memory.use", "false")
        play(company, DIRECTIVES, has_memory=False)
        unknown = figures(company)
    sys.stdout.write(f"with memory {known}\nwithout {unknown}\n")
    assert known.succeeded == unknown.succeeded == len(DIRECTIVES)
    assert known.calls < unknown.calls
    assert known.refusals < unknown.refusals
    assert known.questions < unknown.questions
    assert known.tokens < unknown.tokens
    assert "## From earlier missions" not in readmes[0]
    assert all("## From earlier missions" in readme and RULE in readme for readme in readmes[1:])


def test_what_was_learnt_is_recalled_after_a_restart(model: Model, tmp_path: Path) -> None:
    with founded(tmp_path / "own", model) as company:
        company.up()
        play(company, DIRECTIVES[:1], has_memory=True)
        before = company.json("memory", "list")
        assert {memory["kind"] for memory in before} >= {"lesson", "preference"}
        company.down()
        company.up()
        assert company.json("memory", "list") == before
        (rule,) = [memory for memory in before if memory["content"] == RULE]
        assert company.json("memory", "search", "which currency do prices have")[0]["id"] == rule["id"]
        (second,) = play(company, DIRECTIVES[1:2], has_memory=False)
        readme = Path(company.root, "shared/reports", second["slug"], "README.md").read_text()
        assert RULE in readme.partition("## From earlier missions")[2]
        company.down()


def test_a_worker_that_is_killed_at_each_step_keeps_and_tells_all_of_it_once(model: Model, tmp_path: Path) -> None:
    faults = tmp_path / "faults"
    faults.mkdir()
    notes = ("vp-1.before-archived", "engineer-1.before-told", "engineer-1.after-told")
    with running(tmp_path / "root", model, company__faults=str(faults), limits__lease=2) as company:
        (faults / notes[0]).write_text("kill 1")
        play(company, DIRECTIVES[:1], has_memory=True)
        assert (faults / f"{notes[0]}.played").exists()
        assert company.rows("select count(*) from memory_sources")[0][0] == len(company.json("memory", "list")) == 3
        (faults / notes[1]).write_text("kill 1")
        (faults / notes[2]).write_text("kill 1")
        play(company, DIRECTIVES[1:2], has_memory=False)
        assert all((faults / f"{note}.played").exists() for note in notes)
        assert figures(company).succeeded == 2
        # the first engineer's push, whose `finish` in the same answer is put back; the lesson reached the second one
        assert figures(company).refusals == 1
        assert len(company.json("memory", "list")) == 4
