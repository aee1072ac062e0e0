"""`ceo run` on terminals: a picture where one can be drawn, plain lines elsewhere."""

import contextlib
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from damascus.api import schemas
from damascus.cli.mission_picture import Activities, draw
from damascus.core.clock import SystemClock
from tests.unit.cli.scripted import BORN, mission, report, request, task
from tests.unit.cli.scripted_office import ScriptedOffice

ROOT = Path(__file__).parents[3]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def running(office: ScriptedOffice) -> ScriptedOffice:
    """An office whose next directive becomes mission mis_1, with a task of every kind of state."""
    begun = SystemClock().now() - timedelta(seconds=125)
    told = {"task_id": "task_1", "detail": {}, "created_at": BORN}
    office.missions = [
        mission(
            "mis_1", "an-app", rehearsal=True, spent_microusd=1_000_000, reserved_microusd=20_000,
            waiting=[request("apr_7", "mis_1")], reports=[report("mis_1", "an-app", "README")],
            receipts=[
                schemas.Receipt(kind="report", ok=True, text="ideas.md has 900 characters", **told),
                schemas.Receipt(kind="tests", ok=False, text="`pytest` ended with exit 1", **told),
            ],
            tasks=[
                task("mis_1", "task_1", "ideas", status="completed", started_at=BORN,
                     finished_at=BORN + timedelta(minutes=3)),
                task("mis_1", "task_2", "build", role="engineer", started_at=begun),
                task("mis_1", "task_3", "prices", role="sales", status="parked", reason="budget mission:mis_1",
                     started_at=begun),
                task("mis_1", "task_4", "talk", role="sales", status="waiting", depends_on=["task_2"], started_at=None),
            ],
        )
    ]  # fmt: skip
    office.say("turn", "mis_1", "engineer", "task_2", turn_id="t", n=1, role="assistant", tools=["run_command"])
    office.say("finding", "mis_1", text="people pay [bold]much[/]", source=None)
    office.starts = "mis_1"
    office.on_stream = lambda: threading.Timer(0.9, lambda: office.end("mis_1", "succeeded")).start()
    return office


def seen_on(folder: Path, columns: int = 110, rows: int = 40, **environment: str) -> str:
    """Return what a terminal of this size was sent while a mission ran."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    env = {**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment}
    command = [sys.executable, str(ROOT / "ceo_cli.py"), "run", "Build an app"]
    with subprocess.Popen(command, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # how a terminal says that the other side has closed it
            while part := os.read(ours, 65536):
                seen += part
        os.close(ours)
    assert process.returncode == 0
    return seen.decode()


def test_a_terminal_shows_what_each_task_is_at_how_long_the_money_and_what_waits(
    running: ScriptedOffice, company_folder: Path
) -> None:
    seen = seen_on(company_folder)
    drawn, _, result = ESCAPE.sub("", seen).rpartition("read first")
    lines = [line.strip() for line in drawn.replace("\r", "\n").split("\n")]

    def row(*words: str) -> str:
        return next(line for line in lines if all(word in line for word in words))

    assert "━" * 24 in row("$1.00 of $2.00 (50%)", "$0.02 reserved")
    assert re.search(r"engineer +Make build +working +2 m 0\d s +runs a command", row("engineer", "runs a command"))
    assert row("Make ideas", "completed", "3 m 00 s")
    assert row("Make prices", "parked", "budget mission:mis_1")
    assert re.search(r"waiting +Make build", row("Make talk"))
    assert row("checked", "1 of 2 hold")
    assert row("does not hold", "`pytest` ended with exit 1")
    assert row("WAITING FOR YOU", "apr_7: Which one?")
    assert row("pm: finding people pay [bold]much[/]")
    assert row("rehearsal: no real model")
    assert "/there/reports/an-app/README.md" in result
    assert not [line for line in lines if len(line) > 110]


@pytest.mark.parametrize(
    ("columns", "environment"),
    [(110, {"TERM": "dumb"}), (60, {}), (110, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
     (110, {"NO_COLOR": "1"})],
    ids=["dumb", "narrow", "not UTF-8", "NO_COLOR"],
)  # fmt: skip
def test_a_terminal_that_cannot_or_shall_not_show_it_gets_plain_lines(
    running: ScriptedOffice, company_folder: Path, columns: int, environment: dict[str, str]
) -> None:
    seen = seen_on(company_folder, columns, **environment)
    assert "━" not in seen
    plain = ESCAPE.sub("", seen)
    assert plain.count("people pay [bold]much[/]") == 1
    assert 'ceo answer apr_7 "TEXT"' in plain
    if "NO_COLOR" in environment or "TERM" in environment:
        assert not re.search(r"\x1b\[[0-9;]*3\dm", seen), "no colour"


@pytest.mark.parametrize("rows", [16, 18, 40])
def test_of_the_last_lines_as_many_are_drawn_as_the_terminal_has_room_for(running: ScriptedOffice, rows: int) -> None:
    told = [f"finding number {n}" for n in range(30)]
    console = Console(file=io.StringIO(), width=110, height=rows, force_terminal=True)
    console.print(draw(running.find("mis_1"), Activities(), told, BORN, rows))
    lines = ESCAPE.sub("", console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    assert len(lines) < rows
    assert lines[-1].strip() == "finding number 29"
    assert len([line for line in lines if "finding number" in line]) == {16: 2, 18: 4, 40: 8}[rows]
    assert [line for line in lines if "Make talk" in line]
