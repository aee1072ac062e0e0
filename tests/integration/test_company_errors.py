"""A person's mistakes and machines that are not well: one clear line, the right exit code, nothing left behind."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from damascus.supervisor.redis_server import free_port
from tests.fixtures.company import Company, founded, wait_for
from tests.fixtures.model import ROOT, Model, holds, rehearsal

DIRECTIVE = "Compare three note apps"
REAL = {"LLM_MODEL": "some-model", "LLM_API_KEY": "sk-wrong"}  # any name but the rehearsal's own is probed


def one_line(done: "subprocess.CompletedProcess[str]", code: int, *words: str) -> None:
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("ceo: ")
    assert "Traceback" not in done.stdout
    for word in words:
        assert word in lines[0]


def nothing_left(company: Company) -> None:
    assert [process.cmdline() for process in company.processes()] == []
    assert not (company.root / ".damascus/office.json").exists()
    assert not (company.root / ".damascus/company.json").exists()
    assert company.ceo("status").returncode == 4


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Company]:
    """A company's folder in which nothing runs."""
    with founded(tmp_path / "own") as company:
        yield company


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with rehearsal(tmp_path_factory.mktemp("keyed"), "--api-key", "sk-right") as model:
        yield model


@dataclass(frozen=True)
class BadModel:
    """How the model is not well, and what the line must say."""

    words: tuple[str, ...]
    key: str = "sk-right"
    steps: tuple[dict[str, Any], ...] = field(default=())
    url: Callable[[Model], str] = lambda model: model.url


def at_any(fault: str, **options: Any) -> tuple[dict[str, Any], ...]:
    return ({"fault": fault, "options": options, "times": 0},)


BAD_MODELS = {
    "unreachable": BadModel(("LLM_BASE_URL",), url=lambda _: f"http://127.0.0.1:{free_port()}/v1"),
    "wrong key": BadModel(("LLM_API_KEY",), key="sk-wrong"),
    "unknown model": BadModel(("some-model", "LLM_MODEL"), steps=at_any("404", message="no such model")),
    "no tool calls": BadModel(("LLM_MODEL", "tool"), steps=at_any("no_tools")),
    "a page instead of an answer": BadModel(("LLM_BASE_URL",), steps=at_any("wrong_content_type")),
    "no /v1 in the URL": BadModel(("LLM_BASE_URL", "/v1"), url=lambda model: model.home),
}


@pytest.mark.parametrize("what", BAD_MODELS)
def test_a_model_that_will_not_do_is_named_in_one_line(folder: Company, keyed: Model, what: str) -> None:
    case = BAD_MODELS[what]
    keyed.begin()
    keyed.play(*case.steps)
    done = folder.ceo("run", DIRECTIVE, **{**REAL, "LLM_BASE_URL": case.url(keyed), "LLM_API_KEY": case.key})
    one_line(done, 2, *case.words)
    assert "sk-" not in done.stderr
    nothing_left(folder)


@pytest.mark.long
def test_a_real_model_that_is_well_is_probed_once_and_used(tmp_path: Path, keyed: Model) -> None:
    keyed.begin()
    env = {**REAL, "LLM_BASE_URL": keyed.url, "LLM_API_KEY": "sk-right"}
    with founded(tmp_path / "own", env=env) as company:
        first = company.json("run", "[reference] Compare three note apps")
        probes = keyed.stats()["calls"] - 14
        assert (first["status"], first["rehearsal"]) == ("succeeded", False)
        assert 1 <= probes <= 3
        second = company.ceo("run", "[reference] Compare three note apps")
        assert second.returncode == 0, second.stderr
        assert keyed.stats()["calls"] - 28 == probes, "a running company was probed again"
        assert "REHEARSAL" not in second.stdout
        assert "some-model" in second.stdout
        company.down()


def beginning(value: object) -> str:
    return str(next(iter(value))) if isinstance(value, dict) else ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"modell": {}}, ("config.yaml", "modell", "model")),
        ({"limits": {"turns_per_tsk": 3}}, ("limits.turns_per_tsk", "turns_per_task")),
        ({"limits": {"lease": "soon"}}, ("limits.lease",)),
        ({"budget": {"mission": -1}}, ("budget.mission",)),
        ({"model": {"base_url": "http://127.0.0.1:9/v1", "tiers": {}}}, ("LLM_MODEL",)),
        ({"office": {"host": "192.0.2.1"}}, ("192.0.2.1",)),
        ({"redis": {"url": "nonsense"}}, ("redis.url",)),
    ],
    ids=beginning,
)
def test_a_wrong_setting_is_named_with_the_nearest_right_one(
    folder: Company, change: dict[str, Any], words: tuple[str, ...]
) -> None:
    config = folder.root / "config.yaml"
    right = yaml.safe_load(config.read_text())
    wrong = {name: {**right.get(name, {}), **section} for name, section in change.items()}
    config.write_text(yaml.safe_dump({**right, **wrong}))
    one_line(folder.ceo("run", DIRECTIVE), 2, *words)
    config.write_text(yaml.safe_dump(right))
    nothing_left(folder)


def test_a_settings_file_that_is_no_yaml_is_one_line_too(folder: Company) -> None:
    (folder.root / "config.yaml").write_text("model: [unclosed\n  : :")
    for command in (["up", "--detach"], ["status"]):
        one_line(folder.ceo(*command), 2, "config.yaml")
    assert folder.processes() == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", DIRECTIVE, "--playbook", "statrup"], ("statrup", "startup")),
        (["run", "   "], ("empty",)),
        (["run", DIRECTIVE, "--budget", "0"], ("--budget",)),
        (["run", DIRECTIVE, "--budget", "nan"], ("--budget",)),
        (["run", "x" * 20_001], ("20000",)),
    ],
    ids=["playbook", "empty", "no budget", "nan", "too long"],
)
def test_a_directive_that_cannot_be_taken_up_is_refused(
    company: Company, args: list[str], words: tuple[str, ...]
) -> None:
    before = company.get("/api/missions", limit=1)["items"]
    one_line(company.ceo(*args), 2, *words)
    assert company.get("/api/missions", limit=1)["items"] == before


def test_an_unknown_playbook_starts_no_company(folder: Company) -> None:
    one_line(folder.ceo("run", DIRECTIVE, "--playbook", "no-such-book"), 2, "no-such-book", "startup")
    nothing_left(folder)
    one_line(folder.ceo("up", "--detach", PLAYBOOK="no-such-book"), 2, "no-such-book")
    nothing_left(folder)


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no front matter at all", ("pm.md",)),
        ("---\nname: Sarah\nrole: pm\n---\nWork.", ("pm.md",)),
        ("---\nname: [unclosed\nrole: pm\n---\nWork.", ("pm.md",)),
    ],
    ids=["no front matter", "fields missing", "no YAML"],
)
def test_a_persona_that_is_broken_stops_the_company_with_its_name(
    folder: Company, text: str, words: tuple[str, ...]
) -> None:
    personas = folder.root / "personas"
    personas.mkdir()
    shutil.copy(ROOT / "agents/personas/vp.md", personas)
    (personas / "pm.md").write_text(text)
    shutil.copytree(ROOT / "agents", folder.root / "agents")
    shutil.copy(personas / "pm.md", folder.root / "agents/personas/pm.md")  # agents read those beside their code
    command = [sys.executable, "-m", "damascus.supervisor", "--personas", str(personas)]
    env = {**folder.env, "PLAYBOOK": "report"}  # fewer agents have to start
    done = subprocess.run(command, cwd=folder.root, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    for word in words:
        assert word in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    nothing_left(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 30 MB; skips where it cannot be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=30m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_full_disk_is_said_before_anything_starts(small_disk: Path) -> None:
    with founded(small_disk / "own") as company:
        one_line(company.ceo("run", DIRECTIVE), 2, "free")
        nothing_left(company)


def test_a_company_that_does_not_run_is_told_as_such_by_every_command(folder: Company) -> None:
    assert folder.ceo("status").returncode == 4
    assert json.loads(folder.ceo("status", "--json").stdout)["running"] is False
    for command in (["missions"], ["send", DIRECTIVE], ["inbox"], ["cancel", "x"]):
        one_line(folder.ceo(*command), 4, "ceo up")
    assert folder.processes() == []


def test_wrong_usage_is_2(folder: Company) -> None:
    for args in (
        ["no-such-command"],
        ["run"],
        ["run", DIRECTIVE, "--no-such-option"],
        ["run", DIRECTIVE, "--budget", "x"],
    ):
        assert folder.ceo(*args).returncode == 2, args


def test_what_is_not_there_is_named(company: Company) -> None:
    one_line(company.ceo("show", "no-such-mission"), 2, "no-such-mission")
    one_line(company.ceo("answer", "apr_nothing", "text"), 2, "apr_nothing")


def test_a_run_that_takes_too_long_is_3_and_the_mission_goes_on(company: Company) -> None:
    company.model.slow_down(0.5)
    done = company.ceo("run", "[reference] Compare three note apps", "--timeout", "1")
    one_line(done, 3, "continues", "ceo watch")
    mission = company.get("/api/missions", limit=1)["items"][0]["id"]
    company.model.begin()
    assert company.ended(mission)["status"] == "succeeded"


def test_a_timeout_is_kept_although_nothing_happens(company: Company) -> None:
    ask = {"name": "ask", "arguments": {"to": "ceo", "question": "Which?"}}
    company.model.play({"match": {"kind": "plan"}, "answer": {"tool_calls": [ask]}})
    done = company.ceo("run", DIRECTIVE, "--timeout", "3")  # without it, this lasts as long as nobody answers
    one_line(done, 3, "continues")


def test_ctrl_c_leaves_the_mission_alone(company: Company) -> None:
    company.model.play(holds(10, role="sales"))
    company.model.slow_down(0.3)
    before = company.get("/api/missions", limit=1)["items"][0]["id"]
    runner = company.begin("run", "[reference] Compare three note apps")
    mission = wait_for(
        lambda: (newest := company.get("/api/missions", limit=1)["items"][0]["id"]) != before and newest, "the mission"
    )
    company.when(mission, lambda m: m["status"] == "running", "the plan")
    runner.send_signal(signal.SIGINT)
    out, err = runner.communicate(timeout=60)
    assert runner.returncode == 130, err
    assert "continues" in err
    assert f"ceo cancel {mission}" in err or "ceo cancel" in err
    assert "Traceback" not in out + err
    assert company.ended(mission)["status"] == "succeeded"
