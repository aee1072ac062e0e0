"""What a running company leaves in its home for others to read: the lock that says that it runs, and its processes.

Only the lock tells whether a company runs: it ends with the process that has it, also when that is killed or the
power fails. `company.json` is for people and the command line; it may be old. Nothing here imports more than `core`,
because the command line reads it at every call.
"""

import fcntl
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from damascus.core.clock import Clock
from damascus.core.errors import Conflict
from damascus.core.files import write_whole
from damascus.core.settings import Settings

LOCK_FILE = "supervisor.lock"
STATE_FILE = "company.json"
MAX_LOCK_ATTEMPTS, LOCK_PAUSE_SECONDS = 10, 0.05

Readiness = Literal["starting", "ready", "complete", "stopping"]


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A child: `pid` is None while it is down; `restarts` since the company's start."""

    pid: int | None
    restarts: int


@dataclass(frozen=True, slots=True)
class SupervisorState:
    """`ready`: the office responds and the VP is online, so directives are taken; `complete`: so are all agents."""

    pid: int
    started_at: str
    readiness: Readiness
    settings: str
    children: dict[str, ProcessState] = field(default_factory=dict)


@asynccontextmanager
async def hold_lock(home: Path, clock: Clock) -> AsyncIterator[None]:
    """Be the one supervisor of this home until the block ends. Raises Conflict if there is another."""
    with (home / LOCK_FILE).open("a") as lock:
        for attempt in range(MAX_LOCK_ATTEMPTS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == MAX_LOCK_ATTEMPTS - 1:
                    raise Conflict(f"the company in {home} is running already; stop it with `ceo down`") from None
                await clock.sleep(LOCK_PAUSE_SECONDS)  # `is_locked` of a command line may have it for an instant
        (home / STATE_FILE).unlink(missing_ok=True)  # of one that was killed
        yield


def is_locked(home: Path) -> bool:
    """Return True if a supervisor of this home is alive."""
    try:
        with (home / LOCK_FILE).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def read_state(home: Path) -> SupervisorState | None:
    """Return what the supervisor wrote last, or None if none is alive or it has not written anything yet."""
    if not is_locked(home):
        return None
    try:
        data = json.loads((home / STATE_FILE).read_text(encoding="utf-8"))
        if "stage" in data:  # of a supervisor that was started before an upgrade, which `ceo down` must find
            data["readiness"] = {"open": "ready"}.get(stage := data.pop("stage"), stage)
        children = {name: ProcessState(**child) for name, child in data.pop("children").items()}
        return SupervisorState(**data, children=children)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_state(home: Path, state: SupervisorState) -> None:
    """Replace the state as a whole; raises OSError if it cannot be written."""
    write_whole(home / STATE_FILE, json.dumps(asdict(state)))


def fingerprint(settings: Settings) -> str:
    """Return a hash by which two settings are told apart without showing them; secrets do not count."""
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:16]
