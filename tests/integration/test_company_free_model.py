"""A model in the owner's own network: a mission costs nothing, and calls are limited where money cannot."""

from pathlib import Path

import pytest

from tests.fixtures.company import founded
from tests.fixtures.model import rehearsal

LOCAL = {name: "qwen3:8b" for name in ("LLM_MODEL", "LLM_MODEL_STRONG", "LLM_MODEL_STANDARD", "LLM_MODEL_CHEAP")}


def test_a_mission_at_a_local_model_costs_nothing_also_for_the_calls_that_were_cut(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as model, founded(tmp_path / "root", model, LOCAL) as company:
        model.play({"match": {"kind": "work", "nth": 2}, "fault": "cut", "times": 1})
        said = company.ceo("run", "[reference] Compare three note apps")
        assert said.returncode == 0, said.stdout + said.stderr
        assert "cost          $0.00 of $2.00\n" in said.stdout
        assert "free models" in said.stdout
        mission = company.get("/api/missions")["items"][0]
        assert (mission["spent_microusd"], mission["price_known"]) == (0, True)
        calls = next(row for row in mission["allowances"] if row["unit"] == "calls")
        assert calls["used"] > 3
        assert calls["reserved"] == 0
        doctor = {row["name"]: row["detail"] for row in company.json("doctor") if row["name"].startswith("model")}
        assert "free, since its server is in your own network" in doctor["model"]
        company.down()


@pytest.mark.long
def test_a_runaway_at_a_local_model_stops_at_the_limit_of_calls_and_goes_on_when_it_is_raised(tmp_path: Path) -> None:
    with (
        rehearsal(tmp_path) as model,
        founded(tmp_path / "root", model, LOCAL, budget__mission_calls=3) as company,
    ):
        company.up()
        mission = company.give("[reference] Compare three note apps")
        item = company.waiting(mission, "budget")
        assert "3 calls of 3 calls used for this mission, at a free model" in item["text"]
        assert item["unit"] == "calls"
        assert "3 of 3 calls used at free models" in company.ceo("budget", mission).stdout
        company.json("budget", mission, "--calls", "500")
        ended = company.ended(mission)
        assert (ended["status"], ended["spent_microusd"]) == ("succeeded", 0)
        company.down()
