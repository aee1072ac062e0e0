"""One child: started again when it crashes, given up when it says so, stopped for sure, never left behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from damascus.core.clock import FixedClock, SystemClock
from damascus.core.errors import Misconfigured, Unavailable
from damascus.supervisor.child import MAX_START_ATTEMPTS, ChildProcess, ProcessSpec


def python(folder: Path, code: str, **more: object) -> ProcessSpec:
    """A child that runs some Python."""
    return ProcessSpec(
        "a-child", [sys.executable, "-u", "-c", code], dict(os.environ), folder, folder / "child.log", **more
    )  # type: ignore[arg-type]


def shell(folder: Path, script: str, **more: object) -> ProcessSpec:
    return ProcessSpec("a-child", ["/bin/sh", "-c", script], dict(os.environ), folder, folder / "child.log", **more)  # type: ignore[arg-type]


async def until(condition: object, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_child_that_is_killed_runs_again_within_a_second(tmp_path: Path) -> None:
    clock = FixedClock()  # only the pauses of the supervisor count
    child = ChildProcess(shell(tmp_path, "exec sleep 60"), clock, lambda: None)
    keeping = asyncio.create_task(child.keep_running())
    await until(lambda: child.pid)
    first = child.pid
    assert first

    began = clock.monotonic()
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.pid not in (None, first))

    assert clock.monotonic() - began < 1
    assert child.restarts == 1
    await child.stop()
    await keeping
    assert child.pid is None


async def test_pauses_between_crashes_grow_to_a_bound_but_the_first_restart_is_at_once(tmp_path: Path) -> None:
    class Slept(FixedClock):
        pauses: list[float] = []  # noqa: RUF012

        async def sleep(self, seconds: float) -> None:
            self.pauses.append(seconds)
            if len(self.pauses) == 9:
                raise asyncio.CancelledError
            await super().sleep(seconds)

    clock = Slept()
    with pytest.raises(asyncio.CancelledError):
        await ChildProcess(shell(tmp_path, "exit 1"), clock, lambda: None).keep_running()
    assert clock.pauses == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


async def test_exit_code_2_is_not_tried_again_and_its_last_line_is_the_reason(tmp_path: Path) -> None:
    child = ChildProcess(
        shell(tmp_path, "echo noise; echo 'config.yaml: wrong key'; exit 2"), FixedClock(), lambda: None
    )
    with pytest.raises(Misconfigured, match=r"^config\.yaml: wrong key$"):
        await child.keep_running()
    assert child.restarts == 0


async def test_exit_code_2_of_somebody_else_s_program_is_a_crash_like_any_other(tmp_path: Path) -> None:
    script = "echo once more >> runs; exit 2"
    crashing = ProcessSpec("redis", ["/bin/sh", "-c", script], dict(os.environ), tmp_path, tmp_path / "log", False)
    with pytest.raises(Unavailable):
        await ChildProcess(crashing, FixedClock(), lambda: None).keep_running(must_start=lambda: True)
    assert (tmp_path / "runs").read_text().count("once more") == MAX_START_ATTEMPTS


async def test_one_that_never_starts_is_given_up_while_the_company_is_starting(tmp_path: Path) -> None:
    child = ChildProcess(shell(tmp_path, "echo 'no such database'; exit 1"), FixedClock(), lambda: None)
    with pytest.raises(Unavailable, match=r"a-child does not start: no such database \(see .*child\.log\)"):
        await child.keep_running(must_start=lambda: True)


async def test_a_program_that_is_not_there_is_given_up_too(tmp_path: Path) -> None:
    missing = ProcessSpec("redis", [str(tmp_path / "nothing")], {}, tmp_path, tmp_path / "log")
    with pytest.raises(Unavailable, match="redis does not start"):
        await ChildProcess(missing, FixedClock(), lambda: None).keep_running(must_start=lambda: True)


async def test_one_that_ignores_term_is_killed_after_a_grace(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    child = ChildProcess(python(tmp_path, deaf, grace_seconds=0.2), SystemClock(), lambda: None)
    keeping = asyncio.create_task(child.keep_running())
    await until(lambda: child.pid and child.last_log_line() == "deaf")
    pid = child.pid
    assert pid
    await child.stop()
    await keeping
    assert not alive(pid)
    assert child.restarts == 0


async def test_stopping_in_the_pause_before_a_restart_ends_it(tmp_path: Path) -> None:
    child = ChildProcess(shell(tmp_path, "exit 1"), SystemClock(), lambda: None)
    keeping = asyncio.create_task(child.keep_running())
    await until(lambda: child.restarts >= 2)
    await child.stop()
    async with asyncio.timeout(60):
        await keeping


async def test_the_last_log_line_is_that_of_the_latest_run_only(tmp_path: Path) -> None:
    (tmp_path / "child.log").write_text("words of an earlier life\n")
    child = ChildProcess(shell(tmp_path, "exit 2"), FixedClock(), lambda: None)
    with pytest.raises(Misconfigured, match="a-child wrote nothing"):
        await child.keep_running()


async def test_a_log_that_has_grown_large_is_put_aside_at_start(tmp_path: Path) -> None:
    (tmp_path / "child.log").write_text("a log of more than ten bytes\n")
    with pytest.raises(Misconfigured):
        await ChildProcess(shell(tmp_path, "echo new; exit 2", log_bytes=10), FixedClock(), lambda: None).keep_running()
    assert (tmp_path / "child.log").read_text() == "new\n"
    assert "ten bytes" in (tmp_path / "child.old.log").read_text()


async def test_the_child_is_told_apart_from_the_terminal_s_ctrl_c(tmp_path: Path) -> None:
    child = ChildProcess(shell(tmp_path, "exec sleep 60"), SystemClock(), lambda: None)
    keeping = asyncio.create_task(child.keep_running())
    await until(lambda: child.pid)
    assert child.pid
    assert os.getpgid(child.pid) != os.getpgid(0)
    await child.stop()
    await keeping


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_when_the_parent_is_killed_the_child_goes_with_it(tmp_path: Path) -> None:
    parent = f"""
import asyncio, os
from pathlib import Path
from damascus.core.clock import SystemClock
from damascus.supervisor.child import ChildProcess, ProcessSpec
here = Path({str(tmp_path)!r})
deaf = ["/bin/sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"]
spec = ProcessSpec("c", deaf, dict(os.environ), here, here / "log")
child = ChildProcess(spec, SystemClock(), lambda: print(child.pid, flush=True))
asyncio.run(child.keep_running())
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert alive(pid)
        process.kill()
    with contextlib.suppress(psutil.NoSuchProcess):  # it ended with its parent
        psutil.Process(pid).wait(60)
    assert not alive(pid)


async def test_who_looks_into_a_crash_is_not_given_the_middle_of_a_log_for_its_beginning(tmp_path: Path) -> None:
    spec = shell(tmp_path, "echo first; head -c 300000 /dev/zero | tr '\\0' x; exec sleep 600", log_bytes=100_000)
    child, told = ChildProcess(spec, SystemClock(), lambda: None), []
    keeping = asyncio.create_task(child.keep_running(on_crash=told.append))
    await until((tmp_path / "child.old.log").exists)
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    await until(lambda: told)
    assert told == [""]
    await child.stop()
    await keeping


async def test_who_looks_into_a_crash_is_given_the_beginning_of_what_the_process_wrote(tmp_path: Path) -> None:
    child, told = ChildProcess(shell(tmp_path, "echo first; exit 3"), SystemClock(), lambda: None), []
    keeping = asyncio.create_task(child.keep_running(on_crash=told.append))
    await until(lambda: len(told) > 1)
    assert told[:2] == ["first\n", "first\n"]
    await child.stop()
    await keeping
