"""What goes wrong is one line on standard error and the right exit code; standard output stays empty."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from damascus.api.client import OfficeClient
from damascus.cli import exit_codes
from damascus.core import errors
from damascus.supervisor import state
from tests.unit.cli.scripted import mission
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice

ROOT = Path(__file__).parents[3]
ASKING = [
    ("send", "x"), ("watch",), ("cancel", "x"), ("wake", "x"), ("missions",), ("show",), ("trail", "x"),
    ("desk",), ("approve", "x"), ("deny", "x"), ("answer", "x", "y"), ("staff",), ("inbox",),
    ("team",), ("policy",),
]  # fmt: skip


class Disk(NamedTuple):
    """What `shutil.disk_usage` returns, in bytes."""

    total: int
    used: int
    free: int


@pytest.mark.parametrize("words", ASKING)
def test_without_a_company_every_question_is_exit_4(company_folder: Path, ceo: Ceo, words: tuple[str, ...]) -> None:
    said = ceo(*words, "--json")
    assert (said.code, said.out) == (4, "")
    assert said.err == "ceo: the company is not running here; start it with `ceo up --detach` or `ceo run`\n"


def test_status_without_a_company_is_exit_4_and_still_one_json_object(company_folder: Path, ceo: Ceo) -> None:
    assert ceo("status").code == 4
    said = ceo("status", "--json")
    assert said.code == 4
    assert said.json == {"running": False, "health": None, "processes": {}, "containers": [], "missions": []}


def test_stopping_what_does_not_run_is_no_failure(company_folder: Path, ceo: Ceo) -> None:
    assert ceo("down").code == 0
    assert ceo("down", "--json").json == {"stopped": False}


def test_the_address_of_a_company_that_was_killed_is_not_believed(office: ScriptedOffice, ceo: Ceo) -> None:
    """Another company's office may listen on that port by now: it does not take this company's token."""
    Path(".damascus/token").write_text("the token of the one that was killed")
    assert ceo("status").code == 4


def test_something_else_on_the_office_s_port_is_not_an_office(company_folder: Path, ceo: Ceo) -> None:
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=company_folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = server.stdout.readline().split("port ")[1].split()[0]
        home = company_folder / ".damascus"
        home.mkdir()
        (home / "token").write_text("x")
        (home / "office.json").write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": 1}))
        said = ceo("missions")
    finally:
        server.kill()
        server.wait()
    assert said.code == 4
    assert "not as the office would" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_wrong_token_is_wrong_configuration(
    office: ScriptedOffice, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_TOKEN", "not-it")
    said = ceo("missions")
    assert (said.code, said.err) == (2, "ceo: the bearer token is wrong\n")


def test_an_office_elsewhere_is_never_started_from_here(
    company_folder: Path, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("OFFICE_TOKEN", "x")
    said = ceo("run", "x")
    assert said.code == 4
    assert "http://127.0.0.1:9 (OFFICE_URL) does not respond" in said.err
    assert not (company_folder / ".damascus").exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("run", " "), "the directive is empty"),
        (("run", "x", "--budget", "0"), "--budget 0"),
        (("run", "x", "--budget", "nan"), "--budget nan"),
        (("run", "x", "--budget", "inf"), "--budget inf"),
        (("run", "x", "--timeout", "-1"), "--timeout -1"),
        (("run", "x", "--playbook", "../startup"), "known: startup"),
        (("up", "--budget", "1"), "No such option"),
        (("run",), "Missing argument"),
        (("frobnicate",), "No such command"),
    ],
)
def test_wrong_use_is_exit_2_and_leaves_nothing(
    company_folder: Path, ceo: Ceo, words: tuple[str, ...], part: str
) -> None:
    said = ceo(*words)
    assert (said.code, said.out) == (2, "")
    assert part in said.err
    assert not (company_folder / ".damascus").exists()


@pytest.mark.parametrize("command", ["run", "up"])
def test_a_bad_config_is_one_line_with_the_nearest_name(company_folder: Path, ceo: Ceo, command: str) -> None:
    (company_folder / "config.yaml").write_text("budgets: {mission: 1}\n")
    said = ceo(command, *(["x"] if command == "run" else []))
    assert (said.code, said.out) == (2, "")
    assert said.err == f"ceo: {company_folder}/config.yaml: unknown key `budgets`; did you mean `budget`?\n"


def test_outside_a_company_s_folder_it_says_so(tmp_path: Path, ceo: Ceo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = ceo("status")
    assert said.code == 2
    assert f"no config.yaml in {tmp_path}" in said.err


def test_a_full_disk_is_refused_before_anything_is_written(
    company_folder: Path, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(total=1 << 40, used=1 << 40, free=49 << 20))
    said = ceo("run", "x")
    assert said.code == 2
    assert "only 49 MB free" in said.err
    assert not (company_folder / ".damascus").exists()


def test_a_home_that_cannot_be_made_is_one_line(company_folder: Path, ceo: Ceo) -> None:
    (company_folder / ".damascus").write_text("a file where the home should be")
    said = ceo("up", "--detach")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert ".damascus" in said.err


def test_an_internal_error_is_one_line_and_its_trace_is_in_the_log(
    office: ScriptedOffice, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a wheel came off\nentirely")

    monkeypatch.setattr(OfficeClient, "missions", break_down)
    said = ceo("missions")
    assert (said.code, said.out) == (1, "")
    assert len(said.err.splitlines()) == 1
    log = Path(".damascus/logs/ceo.log")
    assert str(log.absolute()) in said.err
    assert "Traceback" in log.read_text()


def test_every_error_has_an_exit_code_and_the_nearest_kind_decides() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DamascusError)
    ]
    codes = {kind.__name__: exit_codes.exit_code_of(kind("x")) for kind in [*kinds, exit_codes.TimedOut]}
    assert codes["Misconfigured"] == codes["Invalid"] == codes["NotFound"] == codes["ModelUnavailable"] == 2
    assert codes["TimedOut"] == 3
    assert codes["NotRunning"] == codes["Unavailable"] == 4
    assert codes["OverBudget"] == 1
    assert set(codes.values()) <= {1, 2, 3, 4}


def test_the_command_line_loads_nothing_heavy() -> None:
    heavy = ["sqlalchemy", "openai", "redis", "fastapi", "alembic", "git", "docker"]
    code = f"import sys, damascus.cli.main; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert found.stdout == "[]\n"


@pytest.fixture
def supervisor(office: ScriptedOffice) -> Iterator[Path]:
    """Somebody who holds the supervisor's lock and says that the company is complete; the home."""
    home = Path(".damascus").absolute()
    told = state.SupervisorState(1, "2026-01-01", "complete", "of other settings", {"vp-1": state.ProcessState(42, 3)})
    state.write_state(home, told)
    pipe = subprocess.PIPE
    with subprocess.Popen(["flock", str(home / state.LOCK_FILE), "cat"], stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdin.write("held\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "held\n"
        yield home
        holder.stdin.close()


def test_status_names_the_processes(supervisor: Path, ceo: Ceo) -> None:
    assert ceo("status", "--json").json["processes"] == {"vp-1": {"pid": 42, "restarts": 3}}
    assert "vp-1" in ceo("status").out


def test_status_does_not_believe_what_a_killed_supervisor_left(office: ScriptedOffice, ceo: Ceo) -> None:
    told = state.SupervisorState(1, "2026-01-01", "complete", "x", {"vp-1": state.ProcessState(42, 3)})
    state.write_state(Path(".damascus").absolute(), told)
    assert ceo("status", "--json").json["processes"] == {}


def test_a_company_that_runs_is_joined_and_other_settings_are_told_of(
    supervisor: Path, office: ScriptedOffice, ceo: Ceo
) -> None:
    office.missions, office.starts = [mission("mis_1", "an-app", "succeeded")], "mis_1"
    said = ceo("run", "x", "--json")
    assert said.code == 0
    assert said.json["status"] == "succeeded"
    assert "settings have changed" in said.err
    assert ceo("up", "--json").json["started"] is False


def test_a_company_that_is_going_under_while_it_is_waited_for_is_exit_4(
    company_folder: Path, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = company_folder / ".damascus"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "supervisor.log").write_text("noise\nthe disk has melted\n")
    with subprocess.Popen(["flock", str(home / state.LOCK_FILE), "sleep", "1"]):
        while not state.is_locked(home):
            pass
        said = ceo("run", "x")
    assert said.code == 4
    assert "the disk has melted" in said.err
