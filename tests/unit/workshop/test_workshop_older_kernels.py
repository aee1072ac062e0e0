"""What an older kernel's Landlock does not hold, the filter does; both are tried in a process of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from damascus.workshop.jail import seccomp_filter, syscalls


def played(program: str, *arguments: object) -> list[str]:
    """Run `program` beside the jail's modules; its lines."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6, 7])
def test_every_version_of_landlock_holds_files(tmp_path: Path, abi: int) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "secret").write_text("s3cret")
    lines = played(
        """
import os, sys
from damascus.workshop.jail import kernel, landlock
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
rules = landlock.Ruleset(int(sys.argv[1]))
rules.allow([sys.argv[2] + "/work"], landlock.WORK)
rules.allow(["/usr", sys.argv[2] + "/nowhere"], landlock.READ)
rules.restrict()
os.chdir(sys.argv[2])
open("work/mine", "w").write("x")
for path, mode in (("secret", "r"), ("secret", "a"), ("new", "x"), ("/usr/new", "x")):
    try:
        open(path, mode)
    except OSError:
        print("refused")
""",
        abi, tmp_path,
    )  # fmt: skip

    assert lines == ["refused"] * 4
    assert (tmp_path / "work" / "mine").read_text() == "x"


def test_without_scopes_and_truncation_the_filter_keeps_signals_and_contents(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    lines = played(
        """
import os, signal, sys
from damascus.workshop.jail import kernel, seccomp_filter
os.setsid()
signal.signal(signal.SIGUSR1, lambda *_: print("own group"))
column = seccomp_filter.architecture()
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp_filter.install(column, seccomp_filter.program(column, scoped=False, truncation_known=False))
for attempt in (lambda: os.kill(os.getppid(), 0), lambda: os.kill(-1, 0), lambda: os.killpg(1, 0),
                lambda: signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0),
                lambda: os.truncate(sys.argv[1], 0), lambda: os.open(sys.argv[1], os.O_TRUNC)):
    try:
        attempt()
    except PermissionError:
        print("refused")
os.kill(0, signal.SIGUSR1)
""",
        tmp_path / "kept",
    )  # fmt: skip

    assert lines == ["refused"] * 6 + ["own group"]
    assert (tmp_path / "kept").read_text() == "x"


@pytest.mark.parametrize("column", [syscalls.X86_64, syscalls.AARCH64])
def test_the_filter_can_be_made_for_each_architecture(column: int) -> None:
    program = seccomp_filter.program(column, scoped=False, truncation_known=False)

    assert len(program) % 8 == 0
    assert len(program) // 8 < 4096, "the kernel takes no longer one"


def test_every_call_named_in_a_list_is_in_the_table() -> None:
    named = [
        *syscalls.DENIED,
        *syscalls.ABSENT,
        *syscalls.UNSUPPORTED,
        *syscalls.PRETENDED,
        *syscalls.FORKS,
        *syscalls.NOTIFIED,
        *syscalls.SIGNALS,
    ]

    assert set(named) <= set(syscalls.NUMBERS)
    assert len(named) == len(set(named)), "one call, one answer"
    for column in (syscalls.X86_64, syscalls.AARCH64):
        numbers = [syscalls.number(name, column) for name in syscalls.NUMBERS]
        known = [number for number in numbers if number is not None]
        assert len(known) == len(set(known)), "no two names have one number"


def test_numbers_agree_with_the_machines_headers() -> None:
    header = Path("/usr/include/asm-generic/unistd.h")
    if not header.exists():
        pytest.skip("no kernel headers here")
    words = [line.split() for line in header.read_text().splitlines() if line.startswith("#define __NR")]
    theirs = {w[1].removeprefix("__NR_").removeprefix("__NR3264_"): int(w[2]) for w in words if w[2].isdigit()}

    assert {n: theirs[n] for n in syscalls.NUMBERS if n in theirs} == {
        n: syscalls.number(n, syscalls.AARCH64) for n in syscalls.NUMBERS if n in theirs
    }
