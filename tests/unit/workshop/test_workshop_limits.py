"""A command that takes too much is ended, and nothing of it is left.

Each greed has an end of its own, so that a broken workshop fails the test and not the machine.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import CommandResult
from tests.fixtures.processes import of, until

Attack = Callable[..., Awaitable[CommandResult]]

# each would come to about 500 and end by itself: large enough to be stopped, too small to hurt were it not
BOMBS = [
    "b() { if [ $1 = 0 ]; then sleep 20; else b $(($1-1)) | b $(($1-1)); fi; }; b 8",
    "python3 -c 'import os, time\nfor _ in range(9): os.fork()\ntime.sleep(20)'",
    "python3 -c 'import threading, time\n"
    "for _ in range(500): threading.Thread(target=time.sleep, args=(20,), daemon=True).start()\ntime.sleep(20)'",
]
DAEMON = """
    import os, sys, time
    def daemon(depth):
        if os.fork() == 0:
            os.setsid()
            if depth:
                daemon(depth - 1)
            for descriptor in range(3):
                os.close(descriptor)
            time.sleep(60)
            os._exit(0)
    daemon(3)
"""


def threads(process: psutil.Process) -> int:
    try:
        return process.num_threads()
    except psutil.NoSuchProcess:
        return 0


def there(path: str) -> bool:
    return os.path.lexists(path)


def limited(**limits: float) -> LocalWorkshop:
    return LocalWorkshop(WorkshopSettings.model_validate({"seconds": 60, **limits}), SystemClock())


async def test_a_command_that_sleeps_forever_is_ended_when_its_time_is_over(
    workshop: LocalWorkshop, workspace: Path
) -> None:
    result = await workshop.run("echo begun; sleep 60 & trap '' TERM INT HUP; sleep 60", workspace, seconds=0.7)

    assert result.timed_out
    assert result.exit_code == 124
    assert result.output == "begun\n[stopped by the workshop: more than 0.7 seconds; what ran then: sleep 60]\n"
    assert 0.7 <= result.seconds < 10
    assert of(workspace) == []


async def test_daemons_do_not_outlive_the_command(attack: Attack, workspace: Path) -> None:
    result = await attack(DAEMON)

    assert result.exit_code == 0
    assert not result.timed_out
    assert of(workspace) == []


async def test_daemons_do_not_outlive_the_time(attack: Attack, workspace: Path) -> None:
    result = await attack(DAEMON + "    time.sleep(60)\n", seconds=1)

    assert result.timed_out
    assert of(workspace) == []


async def test_a_cancelled_caller_leaves_nothing_running(workshop: LocalWorkshop, workspace: Path) -> None:
    running = asyncio.create_task(workshop.run("touch begun; (setsid sleep 60 &); sleep 60", workspace))
    await until((workspace / "begun").exists)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert of(workspace) == []


def caller_of_an_endless_command(workspace: Path) -> subprocess.Popen[bytes]:
    program = """
import asyncio, pathlib, sys
from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
command = "(setsid sleep 60 &); echo $HOME > begun.part; mv begun.part begun; sleep 60"
asyncio.run(LocalWorkshop(WorkshopSettings(), SystemClock()).run(command, pathlib.Path(sys.argv[1])))
"""
    return subprocess.Popen([sys.executable, "-c", program, str(workspace)])


async def test_a_killed_caller_leaves_nothing_running(workspace: Path) -> None:
    caller = caller_of_an_endless_command(workspace)
    await until((workspace / "begun").exists)
    private = (workspace / "begun").read_text().strip()
    assert of(workspace)
    assert there(private)

    caller.send_signal(signal.SIGKILL)
    caller.wait()

    await until(lambda: not of(workspace) and not there(private))


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_fork_bomb_is_contained(workspace: Path, bomb: str) -> None:
    highest = 0
    running = asyncio.create_task(limited(processes=40).run(f"{bomb}", workspace))
    while not running.done():
        highest = max(highest, sum(map(threads, of(workspace))))
        await asyncio.wait([running], timeout=0.001)
    result = await running

    assert not result.timed_out
    assert result.exit_code == 137
    assert "[stopped by the workshop: more than 40 processes and threads at once]" in result.output
    assert highest <= 40
    assert of(workspace) == []


async def test_as_many_processes_as_are_allowed_may_run_at_once(workspace: Path) -> None:
    command = "for i in $(seq 38); do sleep 20 & done; jobs -r > running; wc -l < running; exit 0"
    result = await limited(processes=40).run(command, workspace)

    assert (result.exit_code, result.output) == (0, "38\n")


async def test_many_short_processes_are_no_bomb(workspace: Path) -> None:
    result = await limited(processes=10).run("for i in $(seq 100); do /bin/true; done; (true &) ; echo all", workspace)

    assert result.output == "all\n"


async def test_a_process_that_takes_too_much_memory_fails(workspace: Path) -> None:
    command = "python3 -c 'x = bytearray(400 << 20)' 2>&1 | tail -1"
    result = await limited(memory_mb=200).run(command, workspace)

    assert result.output.startswith("MemoryError\n[exit codes of the commands in the pipe: 1 | 0]")


@pytest.mark.parametrize("kind", ["bytearray(b'x') * (60 << 20)", "__import__('mmap').mmap(-1, 60 << 20)"])
async def test_processes_that_take_too_much_memory_together_are_ended(attack: Attack, kind: str) -> None:
    result = await attack(
        f"""
        import os, time
        for i in range(10):
            if os.fork() == 0:
                block = {kind}
                for at in range(0, len(block), 4096):
                    block[at] = 1
                time.sleep(60)
        time.sleep(60)
        """,
        by=limited(memory_mb=250),
    )

    assert result.exit_code == 137
    assert "more than 250 MiB of memory in all" in result.output


async def test_a_file_that_grows_too_large_is_cut_off(workspace: Path) -> None:
    result = await limited(file_mb=2).run("head -c 50000000 /dev/zero > big", workspace)

    assert result.exit_code != 0
    assert (workspace / "big").stat().st_size == 2 << 20


async def test_many_files_that_fill_the_disk_are_stopped(workspace: Path) -> None:
    command = (
        "i=0; while [ $i -lt 300 ]; do head -c 1000000 /dev/zero > $i; i=$((i+1)); [ $i -lt 100 ] || sleep 0.2; done"
    )
    result = await limited(file_mb=1, workspace_mb=16).run(command, workspace)

    assert "more than 16 MiB in the workspace" in result.output
    assert sum(entry.stat().st_size for entry in os.scandir(workspace)) < 300_000_000


async def test_a_command_that_burns_the_processor_is_ended(workspace: Path) -> None:
    result = await limited(cpu_seconds=1).run("i=0; while [ $i -lt 99999999 ]; do i=$((i+1)); done", workspace)

    assert result.exit_code == 128 + signal.SIGXCPU
    assert not result.timed_out


async def test_ten_megabytes_of_output_are_cut_in_the_middle(workspace: Path) -> None:
    command = "echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo last"
    result = await limited(output_kb=8).run(command, workspace)

    assert result.exit_code == 0
    assert result.output.startswith("first\nxxx")
    assert result.output.endswith("xxx\nlast\n")
    assert f"\n[{10_000_012 - 8192} of 10000012 bytes left out]\n" in result.output
    assert len(result.output) < 9000


async def test_no_core_is_dumped(workspace: Path) -> None:
    result = await limited().run("ulimit -c; sh -c 'kill -SEGV $$'; echo $?; ls -A", workspace)

    assert result.output.splitlines()[0] == "0"
    assert os.listdir(workspace) == []
