"""Several companies on one machine, and several hands on one company."""

import json
from typing import Any

from tests.fixtures.company import Company, founded

REFERENCE = "[reference] Compare three note apps"


def test_a_second_company_takes_another_port_and_neither_sees_the_other(company: Company, companies: Any) -> None:
    port = company.office()["url"].rpartition(":")[2]
    other = companies("other", model=company.model, env={"OFFICE_PORT": port})
    assert other.office()["url"] != company.office()["url"]
    seen = {mission["id"] for mission in company.get("/api/missions")["items"]}
    first, second = company.give(REFERENCE), other.give(REFERENCE)
    assert company.ended(first)["status"] == other.ended(second)["status"] == "succeeded"
    assert {mission["id"] for mission in other.get("/api/missions")["items"]} == {second}
    assert {mission["id"] for mission in company.get("/api/missions")["items"]} <= seen | {first}
    assert other.ask("GET", "/api/missions", headers=company.headers()).status_code == 401


def test_up_twice_at_once_and_down_twice_make_one_company_and_none(tmp_path: Any, company: Company) -> None:
    with founded(tmp_path / "own", company.model) as own:
        both = [own.begin("up", "--detach", "--json") for _ in range(2)]
        said = [starter.communicate(timeout=90) for starter in both]
        assert [starter.returncode for starter in both] == [0, 0], said
        assert sorted(json.loads(out)["started"] for out, _ in said) == [False, True]
        supervisor = own.supervisor()
        again = own.json("up", "--detach")
        assert (again["started"], own.supervisor()) == (False, supervisor)
        assert sum("damascus.office" in " ".join(process.cmdline()) for process in own.processes()) == 1
        own.down()
        second = own.ceo("down")
        assert (second.returncode, "was not running" in second.stdout) == (0, True)


def test_two_directives_at_once_from_two_shells_both_succeed(company: Company) -> None:
    runners = [company.begin("run", REFERENCE, "--json") for _ in range(2)]
    said = [runner.communicate(timeout=90) for runner in runners]
    results = [json.loads(out) for out, _ in said]
    assert [result["status"] for result in results] == ["succeeded"] * 2
    assert results[0]["mission_id"] != results[1]["mission_id"]
    assert results[0]["readme"] != results[1]["readme"]
