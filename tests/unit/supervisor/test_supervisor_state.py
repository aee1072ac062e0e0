"""The lock tells whether a company runs, whatever files a power cut left."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from damascus.core.clock import FixedClock
from damascus.core.errors import Conflict
from damascus.core.settings import Settings, load
from damascus.supervisor.state import (
    LOCK_FILE,
    STATE_FILE,
    ProcessState,
    SupervisorState,
    fingerprint,
    hold_lock,
    is_locked,
    read_state,
    write_state,
)

SOME = SupervisorState(
    4711, "2026-01-01T00:00:00+00:00", "ready", "abc", {"vp-1": ProcessState(12, 3), "pm-1": ProcessState(None, 0)}
)


async def test_a_second_supervisor_is_told_that_the_company_runs(tmp_path: Path) -> None:
    async with hold_lock(tmp_path, FixedClock()):
        assert is_locked(tmp_path)
        with pytest.raises(Conflict, match="running already"):
            async with hold_lock(tmp_path, FixedClock()):
                pass
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


async def test_what_a_killed_supervisor_left_does_not_block_the_next(tmp_path: Path) -> None:
    holder = (
        "import asyncio, os, signal\nfrom pathlib import Path\n"
        "from damascus.core.clock import SystemClock\nfrom damascus.supervisor.state import hold_lock\n"
        "async def hold():\n"
        f"    async with hold_lock(Path({str(tmp_path)!r}), SystemClock()):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(hold())\n"
    )
    killed = subprocess.run([sys.executable, "-c", holder], check=False)
    write_state(tmp_path, SOME)
    assert killed.returncode == -9
    assert (tmp_path / LOCK_FILE).exists()
    assert not is_locked(tmp_path)
    assert read_state(tmp_path) is None, "nobody holds the lock, so the file is old"
    async with hold_lock(tmp_path, FixedClock()):
        assert read_state(tmp_path) is None, "the old file was put away"


async def test_a_look_at_the_lock_does_not_keep_a_supervisor_from_starting(tmp_path: Path) -> None:
    """`is_locked` holds the lock for an instant; a supervisor tries again, which is what its clock is for."""
    look = subprocess.Popen(["flock", "-s", str(tmp_path / LOCK_FILE), "cat"], stdin=subprocess.PIPE)

    class EndsTheLook(FixedClock):
        async def sleep(self, seconds: float) -> None:
            look.communicate()
            await super().sleep(seconds)

    while not is_held(tmp_path):
        pass
    async with hold_lock(tmp_path, EndsTheLook()):
        assert look.returncode == 0


def is_held(home: Path) -> bool:
    return subprocess.run(["flock", "-n", "-x", str(home / LOCK_FILE), "true"], check=False).returncode != 0


async def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    async with hold_lock(tmp_path, FixedClock()):
        write_state(tmp_path, SOME)
        assert read_state(tmp_path) == SOME


async def test_the_state_of_a_supervisor_from_before_an_upgrade_is_read_too(tmp_path: Path) -> None:
    older = {"pid": 4711, "started_at": "", "stage": "open", "settings": "abc", "children": {}}
    async with hold_lock(tmp_path, FixedClock()):
        (tmp_path / STATE_FILE).write_text(json.dumps(older))
        assert read_state(tmp_path) == SupervisorState(4711, "", "ready", "abc")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', json.dumps({"children": {"x": {"pid": 1}}})])
async def test_a_state_file_that_makes_no_sense_is_no_state(tmp_path: Path, text: str) -> None:
    async with hold_lock(tmp_path, FixedClock()):
        (tmp_path / STATE_FILE).write_text(text)
        assert read_state(tmp_path) is None


def test_a_home_that_is_not_there_is_not_locked(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "nowhere")


def test_the_fingerprint_shows_a_change_of_model_but_no_secret(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "model: {api_key: '${KEY:-}', tiers: {strong: '${M}', standard: '${M}', cheap: '${M}'}}"
    )

    def of(**env: str) -> str:
        return fingerprint(load(tmp_path, env))

    assert of(M="a", KEY="one") == of(M="a", KEY="two")
    assert of(M="a", KEY="one") != of(M="b", KEY="one")
    assert fingerprint(Settings()) != of(M="a")
