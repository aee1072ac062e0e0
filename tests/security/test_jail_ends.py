"""A command ends when it ends: whatever it does, and whoever dies, nothing of it lives on."""

import time
from collections.abc import Callable

import pytest

from tests.fixtures.jailed import Jail, keeper_of, launcher_of, outcome, stopped

ENDS = "a command ends when it ends"
DAEMONS = "for i in 1 2 3; do (setsid sleep 60 &); done; touch begun; sleep 60"


def wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def begun(jail: Jail) -> bool:
    return (jail.workspace / "begun").exists()


@pytest.mark.attack("a system call's argument beyond all memory", ENDS)
@pytest.mark.parametrize("number", [(1 << 64) - 4096, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1, 4096])
def test_no_address_crashes_the_launcher(jail: Jail, number: int) -> None:
    """Class: a command's numbers end no launcher. Addresses, descriptors, modes and flags of the held system calls."""
    result = jail.attack(
        f"""
        n, text = {number}, b"attack.py"
        for arguments in ((90, n, 0o644), (91, n, n), (268, n, n, n), (268, -100, n, n), (452, n, text, n, n),
                          (452, -100, text, n, n), (280, n, 0, n, n), (280, -100, text, n, n), (9, n, n, n, 0x21, n, n),
                          (9, 0, 4096, 1, 1, n, n)):
            call(*arguments)
        print("still here")
        """
    )

    assert result.output.endswith("still here\n") or "MiB of memory in all" in result.output
    assert jail.left() == []


@pytest.mark.attack("a path or a time at the end of a page", ENDS)
def test_a_string_without_an_end_and_times_cut_off_fail_their_own_call(jail: Jail) -> None:
    """Class: a command's memory ends no launcher, and is read no further than it goes."""
    result = jail.attack(
        """
        libc.mmap.restype = ctypes.c_void_p
        page = libc.mmap(None, 8192, 3, 0x22, -1, 0)
        libc.munmap(ctypes.c_void_p(page + 4096), 4096)
        ctypes.memset(page, 120, 4096)
        print(call(90, page + 4090, 0o644), call(268, -100, page, 0o600), call(280, -100, b"attack.py", page + 4080, 0))
        """
    )

    assert result.output == "-1 -1 -1\n"


@pytest.mark.attack("a process named like a line of /proc", ENDS)
@pytest.mark.parametrize(
    "name", [b"\rRssAnon: z", b"\nRssAnon: z", b") R 1 (", b"\xff\xfe\x85", b"\\n\rVmSwap: -9", b""]
)
def test_no_name_crashes_the_launcher(jail: Jail, name: bytes) -> None:
    """Class: text that a command chooses is never structure."""
    result = jail.attack(f"rename({name!r}); time.sleep(0.4); print('still here')")

    assert (result.exit_code, result.output) == (0, "still here\n")


@pytest.mark.attack("a launcher that is killed", ENDS)
@pytest.mark.parametrize("victim", ["launcher", "keeper"])
def test_who_kills_one_of_ours_ends_the_command_with_it(jail: Jail, victim: str) -> None:
    """Class: nothing outlives its launcher. SIGKILL by a hand, or by the kernel where memory is short."""
    caller = jail.start(DAEMONS)
    wait(lambda: begun(jail))
    launcher = launcher_of(caller)
    (launcher if victim == "launcher" else keeper_of(launcher)).kill()
    result = outcome(caller)

    assert result.exit_code in (-1, 137)
    wait(lambda: jail.left() == [])


@pytest.mark.attack("launcher and keeper killed at once", ENDS)
def test_the_next_command_ends_what_both_left(jail: Jail) -> None:
    """Class: nothing outlives its launcher. Both of ours are killed in one moment, and their caller with them."""
    caller = jail.start(DAEMONS)
    wait(lambda: begun(jail))
    launcher = launcher_of(caller)
    with stopped(launcher, keeper_of(launcher)):
        caller.kill()
        caller.wait()
    survivors = jail.left()

    result = jail.run("true")

    assert result.exit_code == 0
    assert jail.namespaces or survivors
    wait(lambda: jail.left() == [])
    assert jail.litter() == []


@pytest.mark.attack("a survivor that holds the output", ENDS)
def test_a_caller_waits_for_no_survivor(jail: Jail) -> None:
    """Class: the caller's wait has a deadline of its own, though the output's pipe is held open."""
    caller = jail.start(DAEMONS, seconds=50)
    wait(lambda: begun(jail))
    launcher = launcher_of(caller)
    with stopped(launcher, keeper_of(launcher)):
        pass

    result = outcome(caller, timeout=40)

    assert result.exit_code == -1
    assert "launcher failed" in result.output
    wait(lambda: jail.left() == [])


@pytest.mark.attack("shedding the mark", ENDS)
def test_the_mark_that_orphans_are_found_by_cannot_be_put_off(jail: Jail) -> None:
    """Class: nothing outlives its launcher. setrlimit, prlimit64 by number and by pointer, and a new program."""
    result = jail.attack(
        """
        import resource, subprocess
        before = resource.getrlimit(10)
        block = (ctypes.c_ulong * 2)(7, 7)
        at = ctypes.addressof(block)
        print(call(160, 10, at), *(call(302, *who, at, 0) for who in ((0, 10), (os.getpid(), 10), (0, 10 + (1 << 32)))))
        print(resource.getrlimit(10) == before and before[1] != resource.RLIM_INFINITY)
        print(subprocess.run(["bash", "-c", "ulimit -x 5"], stderr=-3).returncode)
        """
    )

    assert result.output == "-1 -1 -1 -1\nTrue\n1\n"


@pytest.mark.attack("processes that hide, stop or let go", ENDS)
@pytest.mark.parametrize("way", [
    "libc.prctl(1, 0)", "libc.prctl(36, 1)", "libc.prctl(4, 0)", "os.kill(os.getpid(), signal.SIGSTOP)",
    "[signal.signal(s, signal.SIG_IGN) for s in range(1, 32) if s not in (9, 19)]", "os.nice(19)",
    "os.kill(os.getppid(), 9)", "os.kill(-1, 9)", "[os.close(n) for n in range(3)]",
])  # fmt: skip
def test_a_daemon_ends_with_its_command_whatever_it_has_done(jail: Jail, way: str) -> None:
    """Class: nothing outlives its launcher: double forks, sessions, ignored signals, stopped and hidden processes."""
    result = jail.attack(
        f"""
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                try:
                    {way}
                except OSError:
                    pass
                time.sleep(60)
            os._exit(0)
        os.wait()
        time.sleep(0.2)
        """
    )

    assert not result.timed_out
    assert jail.left() == []
    assert jail.litter() == []


@pytest.mark.attack("a caller that is killed while forks storm", ENDS)
def test_a_storm_of_forks_ends_with_its_caller(jail: Jail) -> None:
    """Class: nothing outlives its launcher. Each process is replaced by another all the time, by fork and by vfork."""
    storm = "touch begun; f() { while :; do (f & ) ; /bin/true; done; }; python3 -c '" \
        "import subprocess\nwhile 1: subprocess.run([\"true\"])' & f"  # fmt: skip
    caller = jail.start(storm, processes=40)
    wait(lambda: begun(jail))
    caller.kill()
    caller.wait()

    wait(lambda: jail.left() == [] and jail.litter() == [])
