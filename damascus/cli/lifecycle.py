"""Starting and stopping the company's process tree, and what is checked before."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from damascus.cli.compose_project import refuse_if_in_containers
from damascus.cli.connection import check_health
from damascus.core.clock import SystemClock, pause
from damascus.core.errors import DamascusError, Misconfigured, NotRunning
from damascus.core.playbook_files import CHOOSE_PLAYBOOK, find_playbook
from damascus.core.settings import Settings, child_environment
from damascus.doctor.result import DoctorResult
from damascus.supervisor.state import fingerprint, is_locked, read_state
from damascus.workshop.jail import leftovers

PERSONAS_FOLDER = Path(__file__).parents[2] / "agents" / "personas"
START_TIMEOUT_SECONDS = 90
STOP_TIMEOUT_SECONDS = 40
CHECK_TIMEOUT_SECONDS = 300
POLL_SECONDS = 0.03
MIN_FREE_BYTES_TO_START = 50 * 1024 * 1024

Supervisor = subprocess.Popen[bytes]


def check_prerequisites(settings: Settings, playbook: str | None = None) -> None:
    """Raise Misconfigured if a start or a mission would fail for want of disk or of its playbook."""
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < MIN_FREE_BYTES_TO_START:
        raise Misconfigured(
            f"only {free >> 20} MB free on the disk of {existing}, at least {MIN_FREE_BYTES_TO_START >> 20} MB needed; "
            "free some space"
        )
    if (chosen := playbook or settings.playbook) != CHOOSE_PLAYBOOK:
        find_playbook(chosen)


def check_model(settings: Settings) -> None:
    """Ask each configured model one small question. Raises Misconfigured with one line if one cannot be used."""
    if settings.model.rehearsal:
        return
    command = [sys.executable, "-m", "damascus.llm.probe.__main__"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        probe: dict[str, Any] = {}
        for line in process.stdout or ():
            with contextlib.suppress(ValueError):
                probe = json.loads(line)
            if "waiting" in probe:
                sys.stderr.write(f"{probe['waiting']}\n")
        said = process.stderr.read() if process.stderr else ""
    if "answers" not in probe:
        raise DamascusError(f"the model could not be tested: {_last_line(said)}")
    if not (probe["answers"] and probe["calls_tools"]):
        raise Misconfigured(f"this model cannot be used: {probe['detail']}")


def run_doctor() -> list[DoctorResult]:
    """Return what `python -m damascus.doctor` finds. Raises DamascusError if it finds nothing at all."""
    done = _run_module("damascus.doctor")
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise DamascusError(f"the checks could not run: {_last_line(done.stderr)}")
    return [DoctorResult(**line) for line in lines]


def start(settings: Settings, *, whole: bool = False) -> Supervisor | None:
    """Have the company run, or (`whole`) all of its staff too.

    Returns the supervisor if it was this call that started it, None if the company was running already.
    Raises Misconfigured or NotRunning with the reason if it cannot start; then nothing of it is left running.
    """
    _let_it_stop(settings)
    if settings.office.url or not is_locked(settings.home):
        if check_health(settings) is not None:  # containers, another machine
            return None
        if settings.office.url:
            raise NotRunning(f"the office at {settings.office.url} (OFFICE_URL) does not respond; start it there")
        refuse_if_in_containers(settings, Path.cwd())
        check_model(settings)
        return _launch(settings, whole)
    _wait_until_up(settings, None, whole)
    return None


def stop(settings: Settings) -> bool:
    """Stop the company and wait until nothing of it runs.

    What killed launchers left of their commands is ended, too. Returns False if the company was not running.
    Raises NotRunning if it does not stop within STOP_TIMEOUT_SECONDS.
    """
    clock = SystemClock()
    until = clock.monotonic() + STOP_TIMEOUT_SECONDS
    told = None
    if not is_locked(settings.home):
        refuse_if_in_containers(settings, Path.cwd())
    while is_locked(settings.home):
        state = read_state(settings.home)
        if state is not None and state.pid != told:
            told = state.pid
            with contextlib.suppress(ProcessLookupError):  # it ended in this very moment
                os.kill(told, signal.SIGTERM)
        if clock.monotonic() > until:
            raise NotRunning(f"the company does not stop; see {log_of(settings)}")
        pause(POLL_SECONDS)
    leftovers.end_all(tempfile.gettempdir())
    return told is not None


def wait_for_end(settings: Settings, supervisor: Supervisor) -> None:
    """Wait until the company stops. Raises the reason if nobody told it to."""
    code = supervisor.wait()
    if code != 0:
        raise _reason(settings, code)


def has_changed(settings: Settings) -> bool:
    """Return True if the running company was started with other settings than these."""
    state = read_state(settings.home)
    return state is not None and state.settings != fingerprint(settings)


def log_of(settings: Settings) -> Path:
    return settings.home / "logs" / "supervisor.log"


def _let_it_stop(settings: Settings) -> None:
    """A company that is just being stopped is started again afterwards, not joined."""
    clock = SystemClock()
    until = clock.monotonic() + STOP_TIMEOUT_SECONDS
    while (state := read_state(settings.home)) and state.readiness == "stopping" and clock.monotonic() < until:
        pause(POLL_SECONDS)


def _launch(settings: Settings, whole: bool) -> Supervisor | None:
    log = log_of(settings)
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as output:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "damascus.supervisor", "--personas", str(PERSONAS_FOLDER)],
                env=child_environment(FORGE=settings.forge.kind), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
    except OSError as error:
        raise Misconfigured(f"the company cannot be started in {settings.home}: {error.strerror}") from None
    try:
        _wait_until_up(settings, supervisor, whole)
    except BaseException:  # also Ctrl-C: what this command began to start, it does not leave half started
        supervisor.terminate()
        supervisor.wait()
        raise
    return supervisor if supervisor.poll() is None else None  # else another one was quicker


def _wait_until_up(settings: Settings, supervisor: Supervisor | None, whole: bool) -> None:
    clock = SystemClock()
    until = clock.monotonic() + START_TIMEOUT_SECONDS
    good = ("complete",) if whole else ("ready", "complete")
    while True:
        state = read_state(settings.home)
        if state is not None and state.readiness in good and check_health(settings) is not None:
            return
        code = supervisor.poll() if supervisor else None
        if not is_locked(settings.home) and (supervisor is None or code is not None):
            raise _reason(settings, code)
        if clock.monotonic() > until:
            raise NotRunning(
                f"the company did not start within {START_TIMEOUT_SECONDS} s; see {log_of(settings).parent}"
            )
        pause(POLL_SECONDS)


def _reason(settings: Settings, code: int | None) -> DamascusError:
    log = log_of(settings)
    last = _last_line(log.read_text(encoding="utf-8", errors="replace")) if log.exists() else ""
    if code == 2:
        return Misconfigured(last)
    return NotRunning(f"the company stopped unexpectedly: {last or 'its log is empty'} (see {log})")


def _run_module(module: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, "-m", module], capture_output=True, text=True, check=False, timeout=CHECK_TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise DamascusError(f"python -m {module} did not end within {CHECK_TIMEOUT_SECONDS} s") from None


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
