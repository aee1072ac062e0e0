"""A whole command on every version of Landlock: the jail's own system calls are answered as such a kernel would.

An older kernel refuses rights and fields that it does not know (EINVAL, E2BIG); what it does take is done by this
machine's kernel, so that what is held is really held.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from damascus.workshop import jail_policy
from damascus.workshop.jail import landlock, leftovers
from damascus.workshop.jail.job import HOME, Job, JobResult

ABIS = [1, 2, 3, 4, 5, 6, 7]
KERNEL = """
import ctypes, errno, os, struct, sys
from damascus.workshop.jail import kernel
abi, scopes = int(sys.argv[1]), sys.argv[2] == "scopes"
KNOWN = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15}.get(abi, 1 << 16) - 1
SIZE = 8 if abi < 4 else 16 if abi < 6 else 24
this_machine = kernel.syscall

def refuse(error):
    raise OSError(error, os.strerror(error))

def as_that_kernel(number, *given):
    if number == 444 and given[2] == 1:
        return abi
    if number == 444:
        files, *rest = struct.unpack("Q" * (given[1] // 8), given[0])
        if any(rest[SIZE // 8 - 1:]):
            refuse(errno.E2BIG)
        if files & ~KNOWN or (not scopes and any(rest[1:])):
            refuse(errno.EINVAL)
    if number == 445:
        rights, _ = struct.unpack("=Qi", ctypes.string_at(given[2], 12))
        if rights & ~KNOWN:
            refuse(errno.EINVAL)
    return this_machine(number, *given)

kernel.syscall = as_that_kernel
from damascus.workshop.jail.launcher import main
main()
"""


@dataclass(frozen=True)
class Played:
    result: JobResult
    output: str


def play(folder: Path, command: str, abi: int, scopes: bool = True) -> Played:
    """Run a command as the workshop's launcher does, on a kernel whose Landlock is of this version."""
    workspace, own = folder / "work", folder / leftovers.folder_name(abi)
    workspace.mkdir(exist_ok=True)
    job = Job(
        command=command, workspace=str(workspace), folder=str(own),
        environment=jail_policy.environment(Path(str(own) + HOME)),
        readable=[str(path) for path in jail_policy.readable()], devices=[str(path) for path in jail_policy.devices()],
        cpu_seconds=60, memory_bytes=1 << 30, max_tasks=64, file_bytes=1 << 20, workspace_bytes=1 << 24,
        workspace_files=1000,
    )  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", KERNEL, str(abi), "scopes" if scopes else "none"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        env={**os.environ, "PYTHONPATH": str(Path(landlock.__file__).parents[3])},
    ) as launcher:  # fmt: skip
        assert launcher.stdin
        assert launcher.stdout
        assert launcher.stderr
        launcher.stdin.write(job.to_json().decode())
        launcher.stdin.flush()  # it stays open: it is the lifeline
        output, report = launcher.stdout.read(), launcher.stderr.read()
    return Played(JobResult.from_json(report.strip().splitlines()[-1].encode()), output)


def lines(played: Played) -> list[str]:
    assert not played.result.refused, played.result.refused
    return played.output.splitlines()


TRIES = """
import os, signal, socket
def tried(name, attempt):
    try:
        attempt()
    except OSError as error:
        print(name, "refused")
    else:
        print(name, "done")
open("mine", "w").write("x")
os.mkdir("folder")
tried("read", lambda: open("../secret").read())
tried("write", lambda: open("../secret", "a"))
tried("create", lambda: open("../new", "x"))
tried("rename", lambda: os.rename("mine", "../mine"))
tried("link", lambda: os.link("../secret", "linked"))
tried("truncate", lambda: os.truncate("../secret", 0))
tried("truncate by reading", lambda: os.open("/etc/hostname", os.O_RDONLY | os.O_TRUNC))
tried("signal", lambda: os.kill(int(open("launcher").read()), 0))
tried("connect", lambda: socket.create_connection(("127.0.0.1", 1)))
tried("abstract socket", lambda: socket.socket(socket.AF_UNIX).connect("\\0somebody"))
tried("own file", lambda: open("mine").read())
tried("own child", lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0))
"""
OUTSIDE = ("read", "write", "create", "rename", "link", "truncate", "truncate by reading", "signal", "connect")


@pytest.mark.parametrize("abi", ABIS)
def test_a_command_works_inside_and_reaches_nothing_outside_on_every_version(tmp_path: Path, abi: int) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "secret").write_text("s3cret")
    (tmp_path / "work" / "launcher").write_text(str(os.getpid()))
    (tmp_path / "work" / "tries.py").write_text(dedent(TRIES))
    told = lines(play(tmp_path, "exec python3 tries.py", abi))
    assert [f"{what} refused" for what in (*OUTSIDE, "abstract socket")] == told[: len(OUTSIDE) + 1]
    assert told[len(OUTSIDE) + 1 :] == ["own file done", "own child done"]
    assert (tmp_path / "secret").read_text() == "s3cret"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret", "work"]


@pytest.mark.parametrize("abi", ABIS)
def test_ordinary_work_is_done_on_every_version(tmp_path: Path, abi: int) -> None:
    moved = "mkdir -p a/b && echo text >a/one && mv a/one a/b/two && cat a/b/two && echo over >a/b/two"
    played = play(tmp_path, f"{moved} && python3 -c 'print(6*7)'", abi)
    assert lines(played) == ["text", "42"]
    assert played.result.exit_code == 0
    assert (tmp_path / "work" / "a" / "b" / "two").read_text() == "over\n"


@pytest.mark.parametrize("abi", [6, 7])
def test_a_kernel_that_counts_to_six_without_the_scopes_is_jailed_by_the_filter(tmp_path: Path, abi: int) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "launcher").write_text(str(os.getpid()))
    program = "import os\ntry: os.kill(int(open('launcher').read()), 0)\nexcept PermissionError: print('refused')"
    (tmp_path / "work" / "tries.py").write_text(program)
    assert lines(play(tmp_path, "exec python3 tries.py", abi, scopes=False)) == ["refused"]


@pytest.mark.parametrize(("abi", "told"), [(5, "refused"), (6, "done")])
def test_a_command_may_end_its_own_children_where_landlock_keeps_signals_inside(
    tmp_path: Path, abi: int, told: str
) -> None:
    (tmp_path / "work").mkdir()
    program = (
        "import os, subprocess\nchild = subprocess.Popen(['sleep', '60'])\n"
        "try: os.kill(child.pid, 15)\nexcept PermissionError: print('refused')\nelse: print('done')"
    )
    (tmp_path / "work" / "tries.py").write_text(program)
    assert lines(play(tmp_path, "exec python3 tries.py", abi)) == [told]


def test_a_version_to_come_is_taken_as_the_newest_that_is_known(tmp_path: Path) -> None:
    assert lines(play(tmp_path, "echo jailed", 9)) == ["jailed"]


def test_the_page_that_says_where_it_runs_has_every_version(tmp_path: Path) -> None:
    page = (Path(landlock.__file__).parents[3] / "docs" / "how-to" / "where-it-runs.md").read_text()
    for abi in ABIS:
        assert f"\n| {abi} | " in page
    assert json.dumps(ABIS[-1]) in page
