"""A provider with a small quota: the mission succeeds all the same, slowly, and people see why."""

from pathlib import Path

import pytest

from tests.fixtures.books import check_books
from tests.fixtures.company import founded
from tests.fixtures.model import rehearsal

DEMO = "Find a small SaaS for freelancers that can earn $300-600 a month, and build its MVP"  # as `make demo` gives
QUOTA = ("--requests", "5", "--span", "12")  # in full, 5 a minute: benchmarks/results.md
HIGHER = ("--requests", "10", "--span", "12")  # where headers name it, it is taken for a minute's


def play(folder: Path, directive: str, *quota: str, seconds: float = 300, **env: str) -> tuple[str, float, int]:
    """Play a directive with a quota. Returns what the CEO saw, how long it took and how many requests were refused."""
    with rehearsal(folder, *quota) as model, founded(folder / "root", model, env) as company:
        done = company.ceo("run", directive, seconds=seconds)
        assert done.returncode == 0, done.stdout + done.stderr
        mission = company.get("/api/missions")["items"][0]
        assert mission["model_wait"] is None
        check_books(company, mission["id"])
        refused = int(model.stats()["by_fault"].get("quota", 0))
        company.down()
        return done.stdout, float(mission["seconds"]), refused


def test_a_mission_with_a_quota_of_a_few_requests_succeeds_and_says_why_it_is_slow(tmp_path: Path) -> None:
    screen, _, refused = play(tmp_path, "[reference] Compare three note apps", *QUOTA)
    assert refused > 0
    assert "waits for the model" in screen
    assert "Limit 5, Used 5" in screen


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_demos_directive_succeeds_with_such_a_quota(tmp_path: Path) -> None:
    screen, _, refused = play(tmp_path, DEMO, *QUOTA, seconds=800)
    assert refused > 0
    assert "waits for the model" in screen


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("names", "quota"), [("details", QUOTA), ("nothing", QUOTA), ("header", HIGHER)])
def test_a_mission_succeeds_however_a_provider_names_its_quota(
    tmp_path: Path, names: str, quota: tuple[str, ...]
) -> None:
    screen, _, refused = play(tmp_path, "[reference] Compare three note apps", *quota, "--names", names, seconds=800)
    assert refused > 0
    assert quota == HIGHER or "waits for the model" in screen  # what is short is waited for in place
