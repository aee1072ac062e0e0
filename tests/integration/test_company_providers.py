"""A whole mission against each provider's quirk (damascus/doubles/model/quirks): every one of them succeeds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.doubles.model.quirks import load_quirks
from tests.fixtures.company import Company, founded, wait_for
from tests.fixtures.model import rehearsal

PLAYED = {name: quirk["plays"] for name, quirk in load_quirks().items() if "plays" in quirk}
BUSY = {name for name, plays in PLAYED.items() if any(rule["status"] == 429 for rule in plays.get("refuses", ()))}
REPORT = "Compare three note apps for freelancers"
pytestmark = [pytest.mark.timeout(400), pytest.mark.long]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """One company for all: it works on every mission at once."""
    folder = tmp_path_factory.mktemp("providers")
    with rehearsal(folder) as model, founded(folder / "root", model, {}) as company:
        company.up()
        yield company
        company.down()


@pytest.fixture(scope="module")
def directives(company: Company, request: pytest.FixtureRequest) -> dict[str, str]:
    asked = {
        i.callspec.params["name"] for i in request.session.items if hasattr(i, "callspec") and i.path == request.path
    }
    given = {}
    for name in sorted(asked - BUSY):
        play(company, name)
    for name in sorted(asked - BUSY):
        body = {"text": f"[{name}] {REPORT}", "playbook": "report"}
        given[name] = company.post("/api/directives", body)["id"]
    return given


def play(company: Company, name: str) -> None:
    step = {"fault": "quirk", "options": {"name": name}, "times": 0}
    company.model.play_file({"name": name, "steps": [step]})


@pytest.mark.parametrize("name", sorted(BUSY))
def test_a_mission_of_its_own_company_succeeds_where_the_model_is_closed_for_all_of_them(
    tmp_path: Path, name: str
) -> None:
    with rehearsal(tmp_path) as model, founded(tmp_path / "root", model, {}) as company:
        company.up()
        play(company, name)
        mission = company.ended(company.give(f"[{name}] {REPORT}", playbook="report"), seconds=300)
        assert mission["status"] == "succeeded", mission["reason"]
        company.down()


@pytest.mark.parametrize("name", sorted(PLAYED.keys() - BUSY))
def test_a_mission_succeeds_with_this_provider(company: Company, directives: dict[str, str], name: str) -> None:
    found = wait_for(lambda: company.get(f"/api/directives/{directives[name]}")["mission_id"], f"the mission of {name}")
    mission = company.ended(found)
    assert mission["status"] == "succeeded", mission["reason"]
