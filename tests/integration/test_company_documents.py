"""What the documents tell people and programs to do is done here, on a whole company, as it is written there."""

import json
import re
import shlex
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
from tests.fixtures.company import DESK_SECRET, Company, founded, wait_for
from tests.fixtures.foreign import listening, missions, of_message
from tests.fixtures.model import ROOT
from tests.fixtures.workbench import needs_jail

TUTORIAL = (ROOT / "docs/tutorial/first-mission.md").read_text()
MESSAGES = (ROOT / "docs/reference/messages-and-channels.md").read_text()


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def typed() -> list[list[str]]:
    """Every command of the tutorial, in order."""
    return [shlex.split(line) for block in blocks(TUTORIAL, "sh") for line in block.splitlines()]


def test_the_tutorial_types_nothing_else_than_these() -> None:
    assert [words for words in typed() if words[0] != "ceo"] == [["make", "demo"], ["source", ".venv/bin/activate"]]


@pytest.mark.long
@pytest.mark.timeout(300)  # all that a newcomer types
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    needs_jail(LocalWorkshop(WorkshopSettings(), SystemClock()))
    with founded(tmp_path / "root") as company:
        printed: dict[str, list[str]] = {}
        for words in (words[1:] for words in typed() if words[0] == "ceo"):
            if words == ["desk"]:
                wait_for(lambda: company.get("/api/desk")["items"], "a request on the desk")
            if "ID" in words:
                words[words.index("ID")] = company.get("/api/desk")["items"][0]["id"]
            done = company.ceo(*words)
            assert done.returncode == 0, f"ceo {words}: {done.stderr}\n{done.stdout}"
            printed.setdefault(words[0], []).append(done.stdout)
    assert "receipt passed" in printed["run"][0]
    assert "engineer-1" in printed["status"][0]
    assert "FAIL" in printed["trail"][0] or "ERROR" in printed["trail"][0]
    assert [text.split()[0] for text in printed["desk"]] == ["permission", "budget"]
    assert all("succeeded" in text for text in printed["watch"])


@pytest.mark.parametrize("example", blocks(section(MESSAGES, "Give a directive"), "json"))
def test_a_directive_of_the_reference_starts_a_mission(company: Company, example: str) -> None:
    example = example.replace("THE SECRET", DESK_SECRET)
    before, message = missions(company), json.loads(example)
    with listening(company.redis(), "damascus:status") as heard, listening(company.redis(), "damascus:ceo") as reported:
        company.redis().publish("damascus:ceo", example)
        wait_for(lambda: missions(company) == before + 1, "the mission")
        mission = company.ended(company.get("/api/missions", limit=1)["items"][0]["id"])
        wait_for(lambda: any("succeeded" in line for line in heard), "the end on damascus:status")
        wait_for(lambda: any('"report"' in line for line in reported), "the report on damascus:ceo")
    assert mission["status"] == "succeeded"
    if "id" in message:
        assert [row["id"] for row in of_message(company, message["id"])] == [mission["id"]]
        assert mission["limit_microusd"] == message["context"]["budget_microusd"]
        assert mission["playbook"] == message["context"]["playbook"]
    (shown,) = map(json.loads, blocks(section(MESSAGES, "What you hear"), "json"))
    told = next(said for said in map(json.loads, heard) if said["content"].endswith(": succeeded"))
    assert told.keys() >= shown.keys()
    assert told["context"].keys() == shown["context"].keys()
    assert [told[key] for key in ("from", "to", "type")] == [shown[key] for key in ("from", "to", "type")]


def test_the_refused_message_of_the_reference_is_refused(company: Company) -> None:
    (example,) = blocks(section(MESSAGES, "Refusals"), "json")
    before = missions(company)
    with listening(company.redis(), "damascus:system") as heard:
        company.redis().publish("damascus:vp", example.replace("THE SECRET", DESK_SECRET))
        wait_for(lambda: any("no-such-book" in line for line in heard), "the refusal")
    assert missions(company) == before
    assert json.loads(heard[-1])["from"] == "office"
