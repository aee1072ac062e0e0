"""The command line as a door: whatever is typed ends with a known exit code and at most a few plain lines."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from damascus.cli import exit_codes
from tests.fixtures.fuzz import ABYSS, ODD_TEXT, door, is_one_line, json_text
from tests.unit.cli.scripted import mission, report, request, task
from tests.unit.cli.scripted_office import Ceo, Said, ScriptedOffice

COMMANDS = (
    "send", "watch", "cancel", "wake", "status", "missions", "show", "trail", "reports", "read", "staff", "desk",
    "approve", "team", "inbox", "deny", "answer", "budget", "policy", "down", "logs", "scale",
)  # fmt: skip
STARTING = ("run", "up")  # beside an office at work they start nothing
OPTIONS = (
    "--json", "--budget", "--timeout", "--playbook", "--why", "--help", "--", "-", "--no-such", "-x", "--budget=x",
    "--timeout=0.2", "--budget=1e400", "--budget=nan", "--forge", "--detach", "--tail", "--tail=0", "--follow", "-f",
)  # fmt: skip
KNOWN_WORDS = (
    "mis_1", "first", "f", "irst", "task_1", "ideas", "first/ideas", "apr_1", "autonomy", "autonomy.spend", "allow",
    "{}", "[", "1", "0", "-1", "nan", "inf", "1e400", "9" * 400, "local", "gitea", "startup", "supervisor",
    "engineer=3",
)  # fmt: skip
WORD = (
    st.sampled_from(OPTIONS)
    | st.sampled_from(KNOWN_WORDS)
    | ODD_TEXT.filter(lambda text: "\0" not in text)
    | st.text(max_size=12)
)
KNOWN = {exit_codes.DONE, exit_codes.MISSION_FAILED, exit_codes.WRONG_USE, exit_codes.TIMED_OUT, exit_codes.NOT_RUNNING}
OFFICE_JSON = {"url": "http://127.0.0.1:1", "pid": 1}
ODD_URL = st.sampled_from(
    ["http://[", "http://", "//x", "http://127.0.0.1:0", "http://a b", "http://:99999", "ftp://x"]
)


@pytest.fixture
def working(office: ScriptedOffice, company_folder: Path) -> ScriptedOffice:
    """An office with one of everything, so that a name that is typed may be found."""
    made = {"tasks": [task("mis_1", "task_1", "ideas")], "reports": [report("mis_1", "first", "ideas")]}
    office.missions = [mission("mis_1", "first", **made)]
    office.desk = [request("apr_1", "mis_1")]
    office.starts = "mis_1"
    office.say("log", "mis_1", "pm", "task_1", text="[bold]looked")
    office.end("mis_1", "succeeded")
    logs = company_folder / ".damascus" / "logs"
    logs.mkdir()
    (logs / "supervisor.log").write_bytes(b"\xff\x1b[31m[bold]\n")
    return office


def is_plain(said: Said) -> bool:
    return said.code in KNOWN and "Traceback" not in said.err + said.out and "internal error" not in said.err


@door(5)
@given(st.sampled_from((*COMMANDS, *COMMANDS, *STARTING, "launch", "", "\udcff")), st.lists(WORD, max_size=4))
@example("send", ["\udcff"])
@example("missions", ["\udcff"])
def test_whatever_is_typed_ends_in_plain_words(
    working: ScriptedOffice, ceo: Ceo, command: str, words: list[str]
) -> None:
    said = ceo(command, *words)
    assert is_plain(said), said
    assert (said.code == exit_codes.DONE) or said.err.strip() or said.out.strip()


@door(5)
@given(st.sampled_from(COMMANDS), st.lists(WORD, max_size=4))
def test_whatever_is_typed_without_a_company_ends_in_plain_words(
    company_folder: Path, ceo: Ceo, command: str, words: list[str]
) -> None:
    assert is_plain(ceo(command, *words))


@door(5)
@given(
    st.sampled_from(["missions", "status", "staff", "logs", "down"]),
    st.sampled_from(["office.json", "token", "company.json", "supervisor.lock", "containers"]),
    st.binary(max_size=60) | json_text(OFFICE_JSON).map(str.encode) | ABYSS.map(str.encode),
)
@example("missions", "office.json", b"[]")
@example("missions", "office.json", b'{"url": 7}')
@example("missions", "office.json", b'{"url": "http://["}')
@example("missions", "token", b"\xff")
@example("missions", "token", b"a\nb")
def test_whatever_lies_in_the_companys_home_ends_in_plain_words(
    company_folder: Path, ceo: Ceo, command: str, name: str, data: bytes
) -> None:
    home = company_folder / ".damascus"
    home.mkdir(exist_ok=True)
    (home / "office.json").write_text(json.dumps(OFFICE_JSON))
    (home / "token").write_text("a-token")
    (home / name).write_bytes(data)
    try:
        said = ceo(command)
    finally:
        (home / name).unlink()
    assert is_plain(said), said
    assert said.code == exit_codes.DONE or is_one_line((said.err or said.out).strip()), said


@door(5)
@given(ODD_URL | ODD_TEXT | st.text(max_size=30), ODD_TEXT | st.text(max_size=30))
@example("http://[", "x")
@example("http://127.0.0.1:1", "\xe9")
@example("http://127.0.0.1:1", "a\nb")
def test_whatever_address_and_token_are_set_end_in_plain_words(
    company_folder: Path, ceo: Ceo, url: str, token: str
) -> None:
    given: dict[str, Any] = {"OFFICE_URL": url, "OFFICE_TOKEN": token}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in given.items():
            environment.setenv(name, os.fsdecode(value.replace("\0", "").encode("utf-8", "surrogateescape")))
        said = ceo("missions")
    assert is_plain(said), said
    assert is_one_line(said.err.strip()), said
