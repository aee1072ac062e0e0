"""The launcher needs no privilege: it jails as well for a user who has none, and with no new privileges to be had."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import damascus
from damascus.workshop import jail_policy
from damascus.workshop.jail.job import Job, JobResult
from damascus.workshop.jail.leftovers import folder_name

NOBODY = 65534
PYTHON = "/usr/bin/python3"
ROOT = Path(damascus.__file__).parent.parent
START = """
import ctypes, sys
sys.path.append(sys.argv[1])
assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0
from damascus.workshop.jail.launcher import main
main()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that a user without rights can reach, unlike pytest's own."""
    if os.getuid() != 0:
        pytest.skip("every other test has run unprivileged already")
    seen = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.version_info >= (3, 11))"], capture_output=True, text=True
    )
    if seen.stdout != "True\n":
        pytest.skip(f"no {PYTHON} of a version that runs the launcher")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "theirs").write_text("s3cret")
    for path in (folder, folder / "theirs"):
        os.chown(path, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


def run_as_nobody(command: str, place: Path) -> tuple[JobResult, str]:
    workspace, own = place / "work", place / folder_name(1)
    workspace.mkdir()
    os.chown(workspace, NOBODY, NOBODY)
    readable, devices = [[str(path) for path in paths] for paths in (jail_policy.readable(), jail_policy.devices())]
    mib = 1 << 20
    job = Job(
        command, str(workspace), str(own), jail_policy.environment(own / "home") | {"PATH": "/usr/bin:/bin"},
        readable, devices, cpu_seconds=10, memory_bytes=200 * mib, max_tasks=40, file_bytes=10 * mib,
        workspace_bytes=100 * mib, workspace_files=1000,
    )  # fmt: skip
    launcher = subprocess.Popen(
        [PYTHON, "-I", "-S", "-c", START, str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, user=NOBODY, group=NOBODY, extra_groups=[], env={"PATH": "/usr/bin:/bin"}, cwd="/",
    )  # fmt: skip
    assert launcher.stdin
    assert launcher.stdout
    assert launcher.stderr
    with launcher:
        launcher.stdin.write(job.to_json())
        launcher.stdin.flush()
        output, report = launcher.stdout.read(), launcher.stderr.read()
    assert not own.exists()
    return JobResult.from_json(report), output.decode()


def test_work_works_and_what_is_the_users_own_outside_stays_untouched(place: Path) -> None:
    before = (place / "theirs").stat()

    ending, output = run_as_nobody(
        "id -u; echo 'echo ran' > tool; chmod +x tool; ./tool; git init -q . && echo repository;"
        "mkdir -m 000 $HOME/shut; chmod 777 ../theirs; touch -d @1 ../theirs; cat ../theirs; echo x >> ../theirs;"
        " kill -0 $PPID; ls /proc/$PPID/fd",
        place,
    )

    after = (place / "theirs").stat()
    assert output.splitlines()[:3] == [str(NOBODY), "ran", "repository"]
    assert "s3cret" not in output
    assert output.count("denied") + output.count("permitted") == 6, output
    assert ending.refused == ""
    assert (before.st_mode, before.st_mtime_ns, before.st_size) == (after.st_mode, after.st_mtime_ns, after.st_size)


def test_a_bomb_and_its_daemons_are_stopped(place: Path) -> None:
    ending, _ = run_as_nobody("for i in $(seq 200); do setsid sleep 20 & done; wait", place)

    assert ending.stopped == "more than 40 processes and threads at once"
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and _works_in(pid, place)]


def _works_in(pid: str, place: Path) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd").startswith(str(place))
    except OSError:
        return False
