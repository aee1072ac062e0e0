"""Starting and stopping the company's process tree."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from damascus.cli import words
from damascus.cli.containers import refuse_beside
from damascus.cli.exits import NotRunning
from damascus.cli.office import healthy
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError, Misconfigured
from damascus.core.settings import Settings, child_environment
from damascus.supervisor.state import fingerprint, is_locked, read_state

PERSONAS = Path(__file__).parents[2] / "agents" / "personas"
START_SECONDS = 90
STOP_SECONDS = 40
PROBE_SECONDS = 120
LEAST_FREE = 50 * 1024 * 1024
POLL = 0.03

Supervisor = subprocess.Popen[bytes]


def check_ground(settings: Settings, playbook: str | None = None) -> None:
    """Raise Misconfigured for what would make a start or a mission fail: disk, git, playbook."""
    existing = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE:
        raise Misconfigured(
            f"only {free >> 20} MB are free on the disk of {existing}; the company needs {LEAST_FREE >> 20}: free some"
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
    """Ask each configured model one small question; raises Misconfigured with one line when one will not do."""
    if settings.model.rehearsal:
        return
    found = _child("damascus.llm.probe.__main__", PROBE_SECONDS)
    try:
        probe = json.loads(found.stdout)
    except ValueError:
        raise DamascusError(f"the model could not be tried: {_last_line(found.stderr)}") from None
    if not (probe["answers"] and probe["calls_tools"]):
        raise Misconfigured(f"the model will not do: {probe['detail']}")


def doctor() -> list[dict[str, Any]]:
    """The findings of `python -m damascus.doctor`."""
    done = _child("damascus.doctor", PROBE_SECONDS)
    findings = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not findings:
        raise DamascusError(f"the doctor found nothing at all: {_last_line(done.stderr)}")
    return findings


def start(settings: Settings, *, whole: bool = False) -> Supervisor | None:
    """Have the company run, or (`whole`) all of its staff too; the supervisor if it was this call that started it.

    Raises Misconfigured or NotRunning with the reason when it cannot start; then nothing of it is left running.
    """
    _let_it_stop(settings)
    if settings.office.url or not is_locked(settings.home):
        if healthy(settings) is not None:  # containers, another machine
            return None
        if settings.office.url:
            raise NotRunning(f"the office at {settings.office.url} (OFFICE_URL) does not answer; start it there")
        refuse_beside(settings, Path.cwd())
        check_model(settings)
        return _launch(settings, whole)
    _wait_until_up(settings, None, whole)
    return None


def stop(settings: Settings) -> bool:
    """Stop the company and wait until nothing of it runs; False when it was not running."""
    clock = SystemClock()
    until = clock.monotonic() + STOP_SECONDS
    told = None
    if not is_locked(settings.home):
        refuse_beside(settings, Path.cwd())
    while is_locked(settings.home):
        state = read_state(settings.home)
        if state is not None and state.pid != told:
            told = state.pid
            with contextlib.suppress(ProcessLookupError):  # it ended in this very moment
                os.kill(told, signal.SIGTERM)
        if clock.monotonic() > until:
            raise NotRunning(f"the company does not stop; see {log_of(settings)}")
        words.pause(POLL)
    return told is not None


def wait_for_end(settings: Settings, supervisor: Supervisor) -> None:
    """Until the company stops; raises the reason when it was not told to."""
    code = supervisor.wait()
    if code != 0:
        raise _reason(settings, code)


def has_changed(settings: Settings) -> bool:
    """Whether the running company was started with other settings than these."""
    state = read_state(settings.home)
    return state is not None and state.settings != fingerprint(settings)


def log_of(settings: Settings) -> Path:
    return settings.home / "logs" / "supervisor.log"


def _let_it_stop(settings: Settings) -> None:
    """A company that is just being stopped is started again afterwards, not joined."""
    clock = SystemClock()
    until = clock.monotonic() + STOP_SECONDS
    while (state := read_state(settings.home)) and state.readiness == "stopping" and clock.monotonic() < until:
        words.pause(POLL)


def _launch(settings: Settings, whole: bool) -> Supervisor | None:
    log = log_of(settings)
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.parent.mkdir(mode=0o700, exist_ok=True)
        with log.open("ab") as output:
            supervisor = subprocess.Popen(
                [sys.executable, "-m", "damascus.supervisor", "--personas", str(PERSONAS)],
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
    until = clock.monotonic() + START_SECONDS
    good = ("complete",) if whole else ("ready", "complete")
    while True:
        state = read_state(settings.home)
        if state is not None and state.readiness in good and healthy(settings) is not None:
            return
        code = supervisor.poll() if supervisor else None
        if not is_locked(settings.home) and (supervisor is None or code is not None):
            raise _reason(settings, code)
        if clock.monotonic() > until:
            raise NotRunning(f"the company did not start within {START_SECONDS} s; see {log_of(settings).parent}")
        words.pause(POLL)


def _reason(settings: Settings, code: int | None) -> DamascusError:
    log = log_of(settings)
    words_of_it = _last_line(log.read_text(encoding="utf-8", errors="replace")) if log.exists() else ""
    if code == 2:
        return Misconfigured(words_of_it)
    return NotRunning(f"the company could not go on: {words_of_it or 'it said nothing'} (see {log})")


def _child(module: str, seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [sys.executable, "-m", module], capture_output=True, text=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise DamascusError(f"python -m {module} did not end within {seconds:g} s") from None


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
