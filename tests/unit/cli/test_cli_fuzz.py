"""The command line as a door: whatever is typed ends with a known exit code and at most a few plain lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.cli import exits
from tests.fixtures.fuzz import ODD_TEXT, door
from tests.unit.cli.scripted import Ceo, ScriptedOffice

COMMANDS = (
    "send", "watch", "cancel", "status", "missions", "show", "trail", "reports", "read", "team", "inbox", "approve",
    "deny", "answer", "budget", "policy",
)  # fmt: skip
OPTIONS = (
    "--json",
    "--budget",
    "--timeout",
    "--playbook",
    "--why",
    "--help",
    "--",
    "-",
    "--no-such",
    "-x",
    "--budget=x",
)
WORD = st.sampled_from(OPTIONS) | ODD_TEXT.filter(lambda text: "\0" not in text) | st.text(max_size=12)
KNOWN = {exits.DONE, exits.MISSION_FAILED, exits.WRONG_USE, exits.TIMED_OUT, exits.NOT_RUNNING}


@door()
@given(st.sampled_from((*COMMANDS, *COMMANDS, "launch", "")), st.lists(WORD, max_size=4))
def test_whatever_is_typed_ends_in_plain_words(
    office: ScriptedOffice, ceo: Ceo, command: str, words: list[str]
) -> None:
    said = ceo(command, *words)
    assert said.code in KNOWN
    assert "Traceback" not in said.err + said.out
    assert "an error of ours" not in said.err
    assert (said.code == exits.DONE) or said.err.strip() or said.out.strip()


@door()
@given(st.sampled_from(COMMANDS), st.lists(WORD, max_size=4))
def test_whatever_is_typed_without_a_company_ends_in_plain_words(
    company_folder: pytest.TempPathFactory, ceo: Ceo, command: str, words: list[str]
) -> None:
    said = ceo(command, *words)
    assert said.code in KNOWN
    assert "Traceback" not in said.err + said.out
    assert "an error of ours" not in said.err
