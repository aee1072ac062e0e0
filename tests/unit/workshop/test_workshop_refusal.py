"""Where a command cannot be jailed none is run, and the refusal says what to do."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from damascus.core.minimums import NEEDED
from tests.fixtures.company import ROOT, founded

SHIELDED = """
import asyncio, struct, sys
from pathlib import Path
from damascus.core.clock import SystemClock
from damascus.core.errors import WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.jail import kernel, seccomp_filter
from damascus.workshop.local import LocalWorkshop

missing = int(sys.argv[1])
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, missing), (0x06, 0, 0, 0x00050000 | int(sys.argv[3])), (0x06, 0, 0, 0x7FFF0000)]
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp_filter.install(seccomp_filter.architecture(), b"".join(struct.pack("=HBBI", *step) for step in steps))
try:
    asyncio.run(LocalWorkshop(WorkshopSettings(), SystemClock()).run("touch ran", Path(sys.argv[2])))
except WorkshopRefused as why:
    print(why)
"""
LANDLOCK_ADD_RULE, LANDLOCK_CREATE, NO_CALL = 445, 444, 4000


@pytest.mark.parametrize(
    ("missing", "error", "reason"),
    [
        (LANDLOCK_CREATE, errno.ENOSYS, "no Landlock, or the sandbox that the company runs in hides it (Function not"),
        (LANDLOCK_CREATE, errno.EOPNOTSUPP, "has Landlock but it is switched off: add `landlock` to `lsm=`"),
        (LANDLOCK_CREATE, errno.EPERM, "Landlock is forbidden here: the container's system call filter"),
        (LANDLOCK_CREATE, errno.EINVAL, "Landlock does not respond (Invalid argument"),
        (LANDLOCK_ADD_RULE, errno.ENOSYS, "could not be jailed (OSError: [Errno 38]"),
        # only one listener may be installed: ours is not the first
        (NO_CALL, errno.ENOSYS, "could not be jailed (OSError: [Errno 16]"),
    ],
)
def test_a_kernel_that_cannot_jail_runs_nothing(tmp_path: Path, missing: int, error: int, reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHIELDED, str(missing), str(tmp_path), str(error)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert reason in done.stdout, done.stderr
    assert f"run the company on Linux {NEEDED['linux'].version} or newer" in done.stdout
    assert "docs/how-to/where-it-runs.md" in done.stdout
    assert done.stdout.count("\n") == 1
    if missing == LANDLOCK_CREATE:
        assert os.uname().release in done.stdout
    assert list(tmp_path.iterdir()) == []


DOCTOR_ON = """
import asyncio, runpy, struct, sys
from damascus.workshop.jail import kernel, seccomp_filter
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | int(sys.argv[1])), (0x06, 0, 0, 0x7FFF0000)]
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp_filter.install(seccomp_filter.architecture(), b"".join(struct.pack("=HBBI", *step) for step in steps))
runpy.run_module("damascus.doctor", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("error", "words"),
    [(errno.ENOSYS, "hides it"), (errno.EOPNOTSUPP, "switched off"), (errno.EPERM, "forbidden here")],
)
def test_the_doctor_says_it_in_the_words_of_the_page(tmp_path: Path, error: int, words: str) -> None:
    with founded(tmp_path) as company:
        done = subprocess.run(
            [sys.executable, "-c", DOCTOR_ON, str(error)], cwd=company.root, capture_output=True, text=True,
            env={**company.env, "PYTHONPATH": str(ROOT)}, timeout=100, check=False,
        )  # fmt: skip
    found = {part["name"]: part for part in map(json.loads, done.stdout.splitlines())}
    assert not found["workshop"]["ok"]
    told = found["workshop"]["detail"].split(" (")[0].split(":")[0]
    assert words in told
    assert told in (ROOT / "docs" / "how-to" / "where-it-runs.md").read_text()
    assert found["disk"]["ok"]
