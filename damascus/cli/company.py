"""Starting and stopping the company's process tree."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from damascus.cli import words
from damascus.cli.exits import NotRunning
from damascus.cli.office import healthy
from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured
from damascus.core.settings import Settings, child_environment

PERSONAS = Path(__file__).parents[2] / "agents" / "personas"
START_SECONDS = 60
STOP_SECONDS = 40
LEAST_FREE = 50 * 1024 * 1024
POLL = 0.05


def check_ground(settings: Settings, playbook: str | None = None) -> None:
    """Raise Misconfigured for what would make a start or a mission fail: disk, git, playbook, model."""
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE:
        raise Misconfigured(
            f"only {free >> 20} MB are free on the disk of {existing}; the company needs {LEAST_FREE >> 20}"
        )
    if shutil.which("git") is None:
        raise Misconfigured("there is no git on the PATH; install git")
    check_playbook(playbook or settings.playbook)


def check_playbook(name: str) -> None:
    known = sorted(path.stem for path in Path("playbooks").glob("*.yaml"))
    if name not in known:
        raise Misconfigured(
            f"there is no playbook {name!r} in {Path('playbooks').absolute()}; known: {', '.join(known)}"
        )


def check_model(settings: Settings) -> None:
    """Ask the configured model one small question; raises Misconfigured with one line when it will not do."""
    if settings.model.rehearsal:
        return
    finding = next((f for f in doctor("model") if f["name"] == "model"), None)
    if finding is not None and not finding["ok"]:
        raise Misconfigured(finding["detail"])


def doctor(*parts: str) -> list[dict[str, Any]]:
    """The findings of `python -m damascus.runtime.doctor`, of these parts or of all."""
    command = [sys.executable, "-m", "damascus.runtime.doctor", *parts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def start(settings: Settings) -> bool:
    """Have the company run; whether it was this call that started it.

    Raises Misconfigured with the reason when it cannot start; then nothing of it is left running.
    """
    if is_up(settings):
        return False
    check_model(settings)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    logs = settings.home / "logs"
    logs.mkdir(exist_ok=True)
    log = logs / "supervisor.log"
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "damascus.supervisor", "--personas", str(PERSONAS)],
            env=child_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    clock = SystemClock()
    until = clock.monotonic() + START_SECONDS
    while not is_up(settings):
        code = supervisor.poll()
        if code is not None and not locked(settings):
            raise (Misconfigured if code == 2 else NotRunning)(_last_line(log) or f"see {log}")
        if clock.monotonic() > until:
            supervisor.terminate()
            supervisor.wait()
            raise NotRunning(f"the company did not start within {START_SECONDS} s; see {logs}")
        words.pause(POLL)
    return True


def stop(settings: Settings) -> bool:
    """Stop the company and wait until nothing of it runs; False when it was not running."""
    pid = supervisor_pid(settings)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    clock = SystemClock()
    until = clock.monotonic() + STOP_SECONDS
    while locked(settings):
        if clock.monotonic() > until:
            raise NotRunning(
                f"the company (process {pid}) does not stop; see {settings.home / 'logs' / 'supervisor.log'}"
            )
        words.pause(POLL)
    return True


def is_up(settings: Settings) -> bool:
    """Whether the office answers and an agent is at work."""
    health = healthy(settings)
    return health is not None and bool(health["checks"]["workers"]["ok"])


def locked(settings: Settings) -> bool:
    """Whether a supervisor runs: it holds a lock that goes with its process."""
    try:
        with (settings.home / "supervisor.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def supervisor_pid(settings: Settings) -> int | None:
    state = processes(settings)
    return int(state["pid"]) if state and locked(settings) else None


def processes(settings: Settings) -> dict[str, Any] | None:
    """What the supervisor says of its children."""
    try:
        state: dict[str, Any] = json.loads((settings.home / "company.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-1] if lines else ""
