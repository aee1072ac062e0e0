"""Several companies on one machine, and several hands on one company.

The other company of this file runs its rehearsal itself, wants a port that is taken, and its desk has a secret.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.company import Company, founded, running, wait_for
from tests.fixtures.foreign import directive, listening, missions, of_message
from tests.fixtures.model import holds

pytestmark = pytest.mark.long
REFERENCE = "[reference] Compare three note apps"
SECRET = "another desk's own word"


@pytest.fixture(scope="module")
def other(shared_company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    port = shared_company.office()["url"].rpartition(":")[2]
    with running(
        tmp_path_factory.mktemp("other") / "root", env={"OFFICE_PORT": port, "DESK_SECRET": SECRET}
    ) as company:
        yield company


def test_a_second_company_takes_another_port_and_neither_sees_the_other(company: Company, other: Company) -> None:
    assert other.office()["url"] != company.office()["url"]
    seen = {mission["id"] for mission in company.get("/api/missions")["items"]}
    first, second = company.give(REFERENCE), other.give(REFERENCE)
    assert company.ended(first)["status"] == other.ended(second)["status"] == "succeeded"
    assert {mission["id"] for mission in other.get("/api/missions")["items"]} == {second}
    assert {mission["id"] for mission in company.get("/api/missions")["items"]} <= seen | {first}
    assert other.ask("GET", "/api/missions", headers=company.headers()).status_code == 401


def test_a_message_must_carry_the_desks_own_secret_whoever_it_says_it_is_from(other: Company) -> None:
    before = missions(other)
    with listening(other.redis(), "damascus:system") as heard:
        for context in ({}, {"desk_secret": "a guess"}, {"desk_secret": 7}):
            heard.clear()
            other.redis().publish("damascus:ceo", json.dumps(directive(**{"from": "ceo"}, context=context)))
            wait_for(lambda: any("DESK_SECRET" in line for line in heard), "a word on damascus:system")
    assert missions(other) == before
    assert SECRET not in "".join(heard)
    true = directive(**{"from": "ceo"}, context={"desk_secret": SECRET})
    other.redis().publish("damascus:ceo", json.dumps(true))
    mission = wait_for(lambda: of_message(other, true["id"]), "the mission")[0]
    assert other.ended(mission["id"])["status"] == "succeeded"
    assert SECRET not in "".join(str(tuple(row)) for row in other.rows("select content, context from messages"))


def test_the_rehearsal_that_a_company_runs_itself_is_killed_and_the_mission_succeeds(other: Company) -> None:
    url = wait_for(lambda: re.search(r"http://\S+?(?=/v1)", other.log("rehearsal")), "its address").group()
    httpx.post(f"{url}/script", json=[holds(kind="work", times=0)]).raise_for_status()  # its successor knows no script
    mission = other.give(REFERENCE)
    other.when(mission, lambda m: sum(task["status"] == "working" for task in m["tasks"]) >= 2, "two at work")
    before = other.children()["rehearsal"]
    other.kill("rehearsal")
    ended = other.ended(mission)
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    after = other.children()["rehearsal"]
    assert after["restarts"] == before["restarts"] + 1
    assert after["pid"] != before["pid"]


def test_who_starts_what_runs_already_and_stops_what_does_not_run_does_no_harm(
    company: Company, tmp_path: Path
) -> None:
    supervisor = company.supervisor()
    both = [company.begin("up", "--detach", "--json") for _ in range(2)]
    said = [starter.communicate(timeout=90) for starter in both]
    assert [starter.returncode for starter in both] == [0, 0], said
    assert [json.loads(out)["started"] for out, _ in said] == [False, False]
    assert company.supervisor() == supervisor
    with founded(tmp_path / "idle") as idle:
        done = idle.ceo("down")
        assert (done.returncode, "was not running" in done.stdout) == (0, True)
        assert not (idle.root / ".damascus").exists()


def test_two_directives_at_once_from_two_shells_both_succeed(company: Company) -> None:
    runners = [company.begin("run", REFERENCE, "--json") for _ in range(2)]
    results = [json.loads(runner.communicate(timeout=90)[0]) for runner in runners]
    assert [result["status"] for result in results] == ["succeeded"] * 2
    assert results[0]["mission_id"] != results[1]["mission_id"]
    assert results[0]["readme"] != results[1]["readme"]
