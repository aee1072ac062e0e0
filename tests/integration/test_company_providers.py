"""A whole mission against each provider's quirk (damascus/doubles/model/quirks): every one of them succeeds."""

from collections.abc import Iterator

import pytest

from damascus.doubles.model.quirks import load_quirks
from tests.fixtures.company import Company, founded, wait_for
from tests.fixtures.model import rehearsal

PLAYED = {name: quirk["plays"] for name, quirk in load_quirks().items() if "plays" in quirk}
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
    for name in sorted(asked):
        step = {"fault": "quirk", "options": {"name": name}, "times": 0}
        company.model.play_file({"name": name, "steps": [step]})
    for name in sorted(asked):
        body = {"text": f"[{name}] Compare three note apps for freelancers", "playbook": "report"}
        given[name] = company.post("/api/directives", body)["id"]
    return given


@pytest.mark.parametrize("name", PLAYED)
def test_a_mission_succeeds_with_this_provider(company: Company, directives: dict[str, str], name: str) -> None:
    found = wait_for(lambda: company.get(f"/api/directives/{directives[name]}")["mission_id"], f"the mission of {name}")
    mission = company.ended(found)
    assert mission["status"] == "succeeded", mission["reason"]
