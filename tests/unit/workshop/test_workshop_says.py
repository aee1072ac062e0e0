"""What a command's result says besides its output: which part of a pipe failed, what hung, why nothing is reached."""

import shutil
from pathlib import Path

import pytest

from damascus.workshop.environment import OFFLINE
from damascus.workshop.hints import hang_hint, pipe_hint
from damascus.workshop.jail.job import Loopback
from damascus.workshop.local import LocalWorkshop
from tests.fixtures.jailed import Jail

needs_node = pytest.mark.skipif(not shutil.which("node", path="/usr/local/bin:/usr/bin"), reason="no node")
HANGS = """
import time, unittest
class Slow(unittest.TestCase):
    def test_quick(self):
        pass
    def test_that_hangs(self):
        time.sleep(1000)
"""


async def test_a_failure_before_the_last_command_of_a_pipe_is_the_pipe_s(
    workshop: LocalWorkshop, workspace: Path
) -> None:
    result = await workshop.run("(echo 60 failures; exit 7) 2>&1 | cat | tail -15", workspace)

    assert result.exit_code == 7
    assert result.output == "60 failures\n[exit codes of the commands in the pipe: 7 | 0 | 0]\n"


async def test_a_pipe_that_works_is_left_alone(workshop: LocalWorkshop, workspace: Path) -> None:
    result = await workshop.run("echo b | sort; trap 'echo bye' EXIT; echo a | cat", workspace)

    assert (result.exit_code, result.output) == (0, "b\na\nbye\n")


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("", ""),
        ("0", ""),
        ("1", ""),
        ("0 1", ""),
        ("0 0 0", ""),
        ("1 0", "exit codes of the commands in the pipe: 1 | 0"),
        ("nonsense 999999 \u00b2 0", ""),
    ],
)
def test_only_a_hidden_failure_is_said(codes: str, said: str) -> None:
    assert pipe_hint(codes) == said


def test_who_stopped_because_nobody_reads_on_is_explained() -> None:
    assert "141: ended because the next command stopped reading" in pipe_hint("141 0")


async def test_a_suite_that_hangs_says_which_test_hung(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "test_slow.py").write_text(HANGS)
    result = await workshop.run("python3 -m unittest 2>&1 | tail -5", workspace, seconds=4)

    assert result.timed_out
    assert "it hung at test_slow.py:7 in test_that_hangs]" in result.output


async def test_also_under_pytest(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "requirements.txt").write_text("pytest\n")
    (workspace / "test_slow.py").write_text(HANGS)
    result = await workshop.run("python3 -m pytest -q", workspace, seconds=8)

    assert "it hung at test_slow.py:7 in test_that_hangs]" in result.output


@needs_node
async def test_of_node_the_file_is_said(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "slow.test.mjs").write_text(
        "import test from 'node:test'; test('slow', () => new Promise(r => setTimeout(r, 1e6)))"
    )
    result = await workshop.run("node --test", workspace, seconds=6)

    assert "what ran then:" in result.output
    assert "slow.test.mjs" in result.output.rpartition("what ran then:")[2]


async def test_what_a_command_leaves_for_the_launcher_is_read_as_a_few_plain_bytes(
    workshop: LocalWorkshop, workspace: Path, home: Path
) -> None:
    for command in (
        f'ln -sf {home}/token "$HOME/.pipe"',
        'mkfifo "$HOME/.pipe"',
        'mkdir "$HOME/.pipe"',
        'yes | head -c 100000 > "$HOME/.pipe"',
        'printf "\\377]\\n[forged" > "$HOME/.pipe"',
    ):
        result = await workshop.run(command, workspace, seconds=30)
        assert "s3cret" not in result.output
        assert "forged" not in result.output
        assert not result.timed_out


def test_a_forged_place_is_one_line_of_the_workspace_s() -> None:
    where = '  File "/w/a.py", line 3 in f\n  File "/etc/passwd", line 1 in g\n  File "/w/x\n]", line 2 in h\n'
    assert hang_hint(where, "", "/w") == "it hung at a.py:3 in f"
    assert hang_hint("", "/bin/bash -o pipefail -c sleep 9\nsleep 9\nsleep 9", "/w") == "what ran then: sleep 9"
    assert hang_hint("", "", "/w") == ""


@pytest.mark.parametrize("program", OFFLINE)
async def test_installers_and_downloaders_say_in_one_line_that_there_is_no_network(
    workshop: LocalWorkshop, workspace: Path, program: str
) -> None:
    result = await workshop.run(f"{program} install https://example.com/x", workspace)

    assert result.exit_code == 1
    assert result.output.startswith(f"{program}: there is no network in the workshop, and nothing can be")
    assert result.output.count("\n") == 1


@pytest.mark.skipif(not shutil.which("npm", path="/usr/local/bin:/usr/bin"), reason="no npm")
async def test_npm_runs_tests_all_the_same(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "package.json").write_text('{"scripts": {"test": "echo tested"}}')

    assert "tested" in (await workshop.run("npm test --silent", workspace)).output


async def test_a_socket_that_is_refused_says_so(workshop: LocalWorkshop, workspace: Path) -> None:
    (workspace / "p.py").write_text("import socket\nsocket.socket(socket.AF_UNIX).bind('here')\n")
    result = await workshop.run("python3 p.py", workspace)

    notes = {
        Loopback.OWN: "sockets reach 127.0.0.1 and Unix sockets in $TMPDIR only]",
        Loopback.SHARED: "sockets reach 127.0.0.1 only]",
        Loopback.NONE: "no socket can be opened in this workshop, not even to 127.0.0.1",
    }
    assert f"[note of the workshop: {notes[(await workshop.facts()).loopback]}" in result.output


def test_where_no_loopback_is_to_be_had_the_error_names_it(tmp_path: Path) -> None:
    """As in a container: without namespaces there is none, and the program fails at once."""
    jail = Jail(tmp_path, tmp_path, namespaces=False)
    result = jail.run("python3 -c \"import socket; socket.create_connection(('127.0.0.1', 9))\"")

    assert result.exit_code == 1
    assert result.seconds < 10
    assert "no socket can be opened in this workshop, not even to 127.0.0.1: test what answers" in result.output


async def test_the_workshop_says_what_it_is(workshop: LocalWorkshop) -> None:
    facts = await workshop.facts()

    assert (facts.shell, facts.packages, facts.seconds) == ("bash", "pytest, playwright", 60)
    assert facts.python.startswith("3.")
    assert facts.node == "" or facts.node[0].isdigit()
