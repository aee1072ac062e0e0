"""`ceo run`, `send`, `watch`, `cancel`: what is sent, what is shown, what is printed at the end."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from damascus.api import schemas
from tests.unit.cli import scripted
from tests.unit.cli.scripted import BORN, mission, report, request, task
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice

ROOT = Path(__file__).parents[3]


@pytest.fixture
def running(office: ScriptedOffice) -> ScriptedOffice:
    """An office whose next directive becomes mission mis_1, which has a report and a repository."""
    repository = schemas.Repository(mission_id="mis_1", name="app", url="/git/a b.git", head="abcdef123456", commits=[])
    receipts = [
        schemas.Receipt(kind="tests", ok=ok, standing=ok, text="5 tests", task_id="task_1", detail={}, created_at=BORN)
        for ok in (False, True)
    ]
    office.missions = [
        mission(
            "mis_1", "an-app", rehearsal=True, receipts=receipts, repositories=[repository],
            tasks=[task("mis_1", "task_1", "ideas")],
            reports=[report("mis_1", "an-app", "ideas"), report("mis_1", "an-app", "README")],
        )
    ]  # fmt: skip
    office.starts = "mis_1"
    return office


def soon(act: object, seconds: float = 0.2) -> None:
    threading.Timer(seconds, act).start()  # type: ignore[arg-type]


def test_json_is_one_object_and_nothing_else(running: ScriptedOffice, ceo: Ceo) -> None:
    running.end("mis_1", "succeeded")

    said = ceo("run", "Build an app", "--budget", "1.25", "--playbook", "startup", "--json")

    assert said.code == 0
    assert said.err == ""
    result = said.json
    assert set(result) >= {
        "mission_id", "status", "reason", "readme", "reports", "repositories", "cost_usd", "seconds", "rehearsal",
        "receipts",
    }  # fmt: skip
    assert result["mission_id"] == "mis_1"
    assert result["status"] == "succeeded"
    assert result["cost_usd"] == 1.2345
    assert result["readme"] == "/there/reports/an-app/README.md"
    assert result["repositories"] == ["/git/a b.git"]
    assert result["rehearsal"] is True
    (_, key, body), *more = running.asked
    assert not more
    assert len(key) >= 8
    assert body == {"text": "Build an app", "budget_microusd": 1_250_000, "playbook": "startup", "ask": False}


def test_a_person_is_told_where_everything_is_and_that_it_was_a_rehearsal(running: ScriptedOffice, ceo: Ceo) -> None:
    running.end("mis_1", "succeeded")
    out = ceo("run", "Build an app").out
    assert out.count("REHEARSAL") == 2, "at the start and at the end"
    assert "/there/reports/an-app/README.md" in out
    assert "git clone '/git/a b.git'" in out
    assert "$1.2345 of $2.00" in out
    assert "12.5 s" in out
    assert "1 checks passed\n" in out
    lacking = running.find("mis_1").receipts[0].model_copy(update={"standing": True})
    running.change("mis_1", receipts=[lacking])
    assert "0 checks passed, 1 failed" in ceo("watch").out


def test_it_begins_with_a_link_to_the_page_if_there_is_one(
    running: ScriptedOffice, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.end("mis_1", "succeeded")
    assert f"watch it in a browser: {running.url}/login#a-long-code (works once)" in ceo("run", "Build an app").out
    assert "login" not in ceo("run", "Build an app", "--json").out
    monkeypatch.setitem(scripted.HEALTH, "page", False)
    assert "browser" not in ceo("run", "Build an app").out


def test_a_product_is_handed_over_before_git_is_spoken_of(running: ScriptedOffice, ceo: Ceo) -> None:
    running.end("mis_1", "succeeded")
    shown = {"folder": "code/an-app/app", "zip": "code/an-app/app.zip", "start": "npm start"}
    made = [one.model_copy(update=shown) for one in running.find("mis_1").repositories]
    running.change("mis_1", repositories=made)
    lines = [line.split(maxsplit=1) for line in ceo("run", "Build an app").out.splitlines() if line.strip()]
    first = [line[0] for line in lines]
    assert first.index("product") < first.index("as") < first.index("start") < first.index("repository")
    said = ceo("watch").out
    assert "code/an-app/app.zip\n" in said
    assert "npm start\n" in said


def test_progress_is_told_line_by_line_where_there_is_no_terminal(running: ScriptedOffice, ceo: Ceo) -> None:
    running.say("task", "mis_1", task_id="task_1", id="task_1", before="queued", after="working")
    running.say("finding", "mis_1", task_id="task_1", text="people pay", source=None)
    running.say("receipt", "mis_1", receipt_id="r", kind="report", ok=True, text="it is there")
    running.say("budget", "mis_1", scope="x", spent=800_000, limit=1_000_000, what="warned")
    running.say("forge", "mis_1", id="art_1", before=None, after="waiting", reason="Gitea does not answer")
    soon(lambda: running.end("mis_1", "succeeded"))

    out = ceo("run", "Build an app").out

    assert f"an-app; times are in {BORN.astimezone().tzname()}\n" in out
    time = f"{BORN.astimezone():%H:%M:%S} "
    assert [line.removeprefix(time) for line in out.splitlines() if line.startswith(time)] == [
        "pm: Make ideas is working",
        "pm: finding people pay",
        "receipt passed: it is there",
        "budget warned: $0.80 of $1.00",
        "Gitea sync: waiting: Gitea does not answer",
        "the mission is succeeded",
    ]


def test_a_task_that_is_new_is_called_by_its_title_at_once(running: ScriptedOffice, ceo: Ceo) -> None:
    def review() -> None:
        running.change("mis_1", tasks=[*running.find("mis_1").tasks, task("mis_1", "task_2", "the review")])
        running.say("task", "mis_1", "vp", "task_2", id="task_2", before="working", after="completed")

    running.on_stream = lambda: soon(review, 0.05)  # before the mission is looked at again by itself
    soon(lambda: running.end("mis_1", "succeeded"), 1.5)
    out = ceo("run", "Build an app").out
    assert "vp: Make the review is completed" in out
    assert "a task is completed" not in out


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_mission_that_does_not_succeed_is_exit_1_with_its_reason(
    running: ScriptedOffice, ceo: Ceo, status: str
) -> None:
    soon(lambda: running.end("mis_1", status, "the tests never passed"))
    said = ceo("run", "Build an app")
    assert said.code == 1
    assert f"{status}: the tests never passed" in said.out


def test_a_rejected_directive_is_exit_1_with_its_reason(running: ScriptedOffice, ceo: Ceo) -> None:
    running.starts = None
    running.proposal = {"id": "prop_1", "status": "rejected", "reason": "not\nlegal"}
    said = ceo("run", "Rob a bank")
    assert (said.code, said.err) == (1, "ceo: the directive was rejected: not legal\n")


def test_a_timeout_is_kept_while_the_office_says_nothing_and_the_result_so_far_is_printed(
    running: ScriptedOffice, ceo: Ceo
) -> None:
    said = ceo("run", "Build an app", "--timeout", "0.5", "--json")
    assert said.code == 3
    assert said.json["status"] == "running"
    assert "ceo watch an-app" in said.err


def test_a_timeout_prints_what_it_costs_by_then_and_not_what_it_cost_at_first(
    running: ScriptedOffice, ceo: Ceo
) -> None:
    running.on_stream = lambda: running.change("mis_1", spent_microusd=1_900_000)  # and no event tells of it
    said = ceo("run", "Build an app", "--timeout", "0.5", "--json")
    assert (said.code, said.json["cost_usd"]) == (3, 1.9)
    assert ceo("watch", "--timeout", "0.2", "--json").json["cost_usd"] == 1.9


def test_a_timeout_is_kept_while_the_vp_does_not_take_it_up(running: ScriptedOffice, ceo: Ceo) -> None:
    running.starts = None
    assert ceo("run", "Build an app", "--timeout", "0.3").code == 3


def test_what_waits_for_the_ceo_is_said_once_with_the_command_to_type(running: ScriptedOffice, ceo: Ceo) -> None:
    running.change(
        "mis_1", waiting=[request("apr_7", "mis_1"), request("apr_8", "mis_1", "budget", "It needs $1 more")]
    )
    for id in ("apr_7", "apr_8"):
        running.say("desk", "mis_1", "ceo", id=id, after="open", reason="asked")
    soon(lambda: running.say("finding", "mis_1", text="meanwhile", source=None), 0.3)
    soon(lambda: running.end("mis_1", "succeeded"), 0.9)

    said = ceo("run", "Build an app")

    assert said.code == 0, "it goes on waiting"
    assert said.out.count('ceo answer apr_7 "TEXT"') == 1
    assert said.out.count("ceo approve apr_8") == 1


def test_the_stream_is_taken_up_where_it_was_cut_without_repeating_a_line(running: ScriptedOffice, ceo: Ceo) -> None:
    running.cut_streams = 3
    for n in range(5):
        running.say("finding", "mis_1", text=f"finding number {n}", source=None)
    soon(lambda: running.end("mis_1", "succeeded"), 1.2)

    out = ceo("watch").out

    assert [out.count(f"number {n}") for n in range(5)] == [1, 1, 1, 1, 1]
    assert running.streams == 4


def test_what_a_model_wrote_cannot_drive_the_terminal_or_the_markup(running: ScriptedOffice, ceo: Ceo) -> None:
    running.change("mis_1", tasks=[task("mis_1", "task_1", "ideas", title="\x1b]0;owned\x07[link=http://x]t")])
    running.say("task", "mis_1", task_id="task_1", id="task_1", after="working")
    running.say("finding", "mis_1", text="[/nonsense] \x1b[2J [bold]loud[/bold]\nnext line", source=None)
    soon(lambda: running.end("mis_1", "failed", "[red]because\x9b31m[/]"))

    said = ceo("run", "Build an app")

    assert said.code == 1
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in said.out)
    assert "[/nonsense] ?[2J [bold]loud[/bold] next line" in said.out


def test_ctrl_c_says_that_the_mission_goes_on_and_is_exit_130(running: ScriptedOffice, company_folder: Path) -> None:
    following = threading.Event()
    running.on_stream = following.set
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "ceo_cli.py"), "run", "Build an app"], cwd=company_folder, env=dict(os.environ),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert following.wait(60)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "`ceo watch an-app`" in err
    assert "`ceo cancel an-app`" in err


def test_send_returns_at_once(running: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("send", "Build an app", "--json").json["id"] == "dir_1"
    assert "dir_1" in ceo("send", "Build an app").out


def test_watching_what_has_ended_prints_its_result(running: ScriptedOffice, ceo: Ceo) -> None:
    running.end("mis_1", "failed", "no luck")
    said = ceo("watch", "--json")
    assert (said.code, said.json["reason"]) == (1, "no luck")
    assert running.streams == 0


def test_cancel_says_what_was_spent_and_refuses_what_has_ended(running: ScriptedOffice, ceo: Ceo) -> None:
    first = ceo("cancel", "an-app")
    assert (first.code, first.out) == (0, "an-app is cancelled; $1.2345 was spent\n")
    again = ceo("cancel", "an-app")
    assert (again.code, again.err) == (2, "ceo: the mission has ended already\n")


def test_wake_says_what_it_did_and_why_not(running: ScriptedOffice, ceo: Ceo) -> None:
    assert ceo("wake").out == "an-app: what it waits for is asked now, a model by one task first; see `ceo watch`\n"
    assert ceo("wake", "an-app", "--json").json["slug"] == "an-app"
    unknown = ceo("wake", "no-app")
    assert (unknown.code, unknown.out, unknown.err.count("\n")) == (2, "", 1)
    assert "no-app" in unknown.err
    running.end("mis_1", "failed", "no luck")
    nothing = ceo("wake", "an-app", "--json")
    assert (nothing.code, nothing.out) == (2, "")
    assert nothing.err == "ceo: nothing of an-app waits for a model or for the forge\n"
