"""`ceo up`, `down`, `status`, `doctor`: the company itself."""

import signal
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from damascus.api.schemas import Health, HealthStatus, Mission
from damascus.cli import lifecycle
from damascus.cli.compose_project import Container, find_project
from damascus.cli.connection import check_health, find_office
from damascus.cli.exit_codes import DONE, MISSION_FAILED, NOT_RUNNING
from damascus.cli.formatting import (
    ASSUMED_NOTICE,
    REHEARSAL_NOTICE,
    coloured,
    escape_line,
    format_cost,
    print_json,
    print_table,
    stderr,
    stdout,
)
from damascus.cli.options import Json, load_settings
from damascus.core.settings import Settings
from damascus.supervisor.state import ProcessState, read_state

MAX_LISTED_MISSIONS = 50
OK, FAIL = "[green]ok[/]  ", "[red]FAIL[/]"


def up(detach: Annotated[bool, typer.Option(help="Leave it running and return.")] = False, json: Json = False) -> None:
    """Start the company; without --detach, stop it again at Ctrl-C."""
    settings = load_settings()
    lifecycle.check_prerequisites(settings)
    supervisor = lifecycle.start(settings, whole=True)
    url = find_office(settings).url
    if json:
        print_json({"started": supervisor is not None, "url": url, "rehearsal": settings.model.rehearsal})
    else:
        stdout.print(f"the company {'is at work' if supervisor else 'was at work already'}; its office: {url}")
        if settings.model.rehearsal:
            stdout.print(f"[yellow]{REHEARSAL_NOTICE}[/]")
    if detach or supervisor is None:
        return
    _stay(settings, supervisor)


def down(json: Json = False) -> None:
    """Stop the company; unfinished work resumes at the next start."""
    stopped = lifecycle.stop(load_settings())
    if json:
        print_json({"stopped": stopped})
    else:
        stdout.print("the company has stopped" if stopped else "the company was not running")


def status(json: Json = False) -> None:
    """Show whether the company is running and every part is healthy."""
    settings = load_settings()
    health = check_health(settings)
    state = read_state(settings.home)
    processes = state.children if state else {}
    project = None if state else find_project(settings, Path.cwd())
    containers = project.containers if project else []
    newest = islice(find_office(settings).missions(), MAX_LISTED_MISSIONS) if health else ()
    missions = [mission for mission in newest if not mission.finished_at]
    if json:
        parts = {
            "processes": {name: asdict(process) for name, process in processes.items()},
            "containers": [asdict(container) for container in containers],
        }
        print_json({"running": health is not None, "health": health, **parts, "missions": missions})
    else:
        _print_health(health, bool(project and project.running))
        _print_processes(processes)
        _print_containers(containers)
        _print_missions(missions)
    well = health is not None and health.status == HealthStatus.OK and all(container.ok for container in containers)
    raise typer.Exit(NOT_RUNNING if health is None else DONE if well else MISSION_FAILED)


def doctor(json: Json = False) -> None:
    """Check every part of the company and say how to fix what is broken."""
    load_settings()
    results = lifecycle.run_doctor()
    if json:
        print_json([{**asdict(result), "mend": result.fix} for result in results])  # `mend`: for one release
    else:
        width = max([9, *(len(result.name) for result in results)])
        for result in results:
            mark = OK if result.ok else FAIL
            stdout.print(f"{mark} {result.name:{width}} {escape_line(result.detail)}")
            if result.fix:
                stdout.print(f"{'':{width + 6}}-> {escape_line(result.fix)}")
    raise typer.Exit(DONE if results and all(result.ok for result in results) else MISSION_FAILED)


def _stay(settings: Settings, supervisor: lifecycle.Supervisor) -> None:
    stderr.print("Ctrl-C stops it")
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)
    try:
        lifecycle.wait_for_end(settings, supervisor)
    except KeyboardInterrupt:
        lifecycle.stop(settings)
        supervisor.wait()  # it gives the company's lock back a moment before it ends
    stderr.print("the company has stopped; unfinished work resumes at the next start")


def _print_health(health: Health | None, in_containers: bool) -> None:
    if health is None and in_containers:
        stdout.print("the containers are running but the office does not respond; see `ceo logs office`")
    elif health is None:
        stdout.print("the company is not running; `ceo up --detach` starts it")
    else:
        model = "the rehearsal (no real model)" if health.rehearsal else health.model
        stdout.print(f"{health.company} {health.version}: {coloured(health.status)}; model: {escape_line(model)}")
        for name, check in health.checks.items():
            stdout.print(f"  {OK if check.ok else FAIL}  {name:9} {escape_line(check.detail)}")


def _print_processes(processes: dict[str, ProcessState]) -> None:
    if processes:
        rows = [[name, str(p.pid or "[red]down[/]"), str(p.restarts)] for name, p in processes.items()]
        print_table(["process", "pid", "restarts"], rows, "")


def _print_containers(containers: Sequence[Container]) -> None:
    if containers:
        rows = [
            [c.service, c.name, f"[{'green' if c.ok else 'red'}]{c.state}[/]", escape_line(c.reason)]
            for c in containers
        ]
        print_table(["service", "container", "status", ""], rows, "")


def _print_missions(missions: Sequence[Mission]) -> None:
    for mission in missions:
        cost = format_cost(mission.spent_microusd, mission.price_known)
        stdout.print(f"in progress: {mission.slug} {mission.status} {cost}")
        if mission.model_wait:
            stdout.print(f"  [yellow]{escape_line(mission.model_wait)}[/]")
    if not all(mission.price_known for mission in missions):
        stdout.print(ASSUMED_NOTICE)
