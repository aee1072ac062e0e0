"""Where a command cannot be jailed none is run, and the refusal says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

SHIELDED = """
import asyncio, errno, struct, sys
from pathlib import Path
from damascus.core.clock import SystemClock
from damascus.core.errors import WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.jail import kernel, seccomp_filter
from damascus.workshop.local import LocalWorkshop

missing = int(sys.argv[1])
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, missing), (0x06, 0, 0, 0x00050000 | errno.ENOSYS), (0x06, 0, 0, 0x7FFF0000)]
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
seccomp_filter.install(seccomp_filter.architecture(), b"".join(struct.pack("=HBBI", *step) for step in steps))
try:
    asyncio.run(LocalWorkshop(WorkshopSettings(), SystemClock()).run("touch ran", Path(sys.argv[2])))
except WorkshopRefused as why:
    print(why)
"""
LANDLOCK_ADD_RULE, LANDLOCK_CREATE, NO_CALL = 445, 444, 4000


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        (LANDLOCK_CREATE, "the kernel has no Landlock"),
        (LANDLOCK_ADD_RULE, "could not be jailed (OSError: [Errno 38]"),
        # only one listener may be installed: ours is not the first
        (NO_CALL, "could not be jailed (OSError: [Errno 16]"),
    ],
)
def test_a_kernel_that_cannot_jail_runs_nothing(tmp_path: Path, missing: int, reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHIELDED, str(missing), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert reason in done.stdout, done.stderr
    assert "run the company on Linux 5.13 or newer" in done.stdout
    assert list(tmp_path.iterdir()) == []
