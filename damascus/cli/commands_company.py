"""`ceo up`, `down`, `status`, `doctor`: the company itself."""

import signal
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from damascus.cli import company, words
from damascus.cli.containers import Container, find_project
from damascus.cli.context import Json, settings_of
from damascus.cli.exits import DONE, MISSION_FAILED, NOT_RUNNING
from damascus.cli.office import find_office, healthy
from damascus.core.settings import Settings
from damascus.supervisor.state import read_state

NEWEST = 50


def up(detach: Annotated[bool, typer.Option(help="Leave it running and return.")] = False, json: Json = False) -> None:
    """Start the company; without --detach, stop it again at Ctrl-C."""
    settings = settings_of()
    company.check_ground(settings)
    supervisor = company.start(settings, whole=True)
    url = find_office(settings).url
    if json:
        words.as_json({"started": supervisor is not None, "url": url, "rehearsal": settings.model.rehearsal})
    else:
        words.screen.print(f"the company {'is at work' if supervisor else 'was at work already'}; its office: {url}")
        if settings.model.rehearsal:
            words.screen.print(f"[yellow]{words.REHEARSAL}[/]")
    if detach or supervisor is None:
        return
    _stay(settings, supervisor)


def _stay(settings: Settings, supervisor: company.Supervisor) -> None:
    words.asides.print("Ctrl-C stops it")
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.default_int_handler)
    try:
        company.wait_for_end(settings, supervisor)
    except KeyboardInterrupt:
        company.stop(settings)
    words.asides.print("the company has stopped; what was under way goes on at the next start")


def down(json: Json = False) -> None:
    """Stop the company; what is under way goes on at the next start."""
    stopped = company.stop(settings_of())
    if json:
        words.as_json({"stopped": stopped})
    else:
        words.screen.print("the company has stopped" if stopped else "the company was not running")


def status(json: Json = False) -> None:
    """Is the company running, and is every part of it well?"""
    settings = settings_of()
    health = healthy(settings)
    state = read_state(settings.home)
    children = {name: asdict(child) for name, child in state.children.items()} if state else {}
    project = None if state else find_project(settings, Path.cwd())
    containers = project.containers if project else []
    newest = islice(find_office(settings).items("/api/missions"), NEWEST) if health else []
    missions = [mission for mission in newest if not mission["finished_at"]]
    if json:
        parts = {"processes": children, "containers": [asdict(container) for container in containers]}
        words.as_json({"running": health is not None, "health": health, **parts, "missions": missions})
    else:
        _print_health(health, bool(project and project.running))
        _print_parts(children, containers)
        _print_missions(missions)
    well = health is not None and health["status"] == "ok" and all(container.ok for container in containers)
    raise typer.Exit(NOT_RUNNING if health is None else DONE if well else MISSION_FAILED)


def doctor(json: Json = False) -> None:
    """Check every part; say how to mend what is not well."""
    settings_of()
    findings = company.doctor()
    if json:
        words.as_json(findings)
    else:
        width = max([9, *(len(finding["name"]) for finding in findings)])
        for finding in findings:
            mark = "[green]ok[/]  " if finding["ok"] else "[red]no[/]  "
            words.screen.print(f"{mark} {finding['name']:{width}} {words.plain(finding['detail'])}")
            if finding["fix"]:
                words.screen.print(f"{'':{width + 6}}-> {words.plain(finding['fix'])}")
    raise typer.Exit(DONE if findings and all(finding["ok"] for finding in findings) else MISSION_FAILED)


def _print_health(health: dict[str, Any] | None, in_containers: bool) -> None:
    if health is None:
        reason = "its office does not answer" if in_containers else "`ceo up --detach` starts it"
        words.screen.print(f"the company is not running; {reason}")
        return
    model = "the rehearsal (no real model)" if health["rehearsal"] else health["model"]
    words.screen.print(
        f"{health['company']} {health['version']}: {words.status(health['status'])}; model: {words.plain(model)}"
    )
    for name, check in health["checks"].items():
        words.screen.print(
            f"  {'[green]ok[/]' if check['ok'] else '[red]no[/]'}  {name:9} {words.plain(check['detail'])}"
        )


def _print_parts(children: dict[str, dict[str, Any]], containers: list[Container]) -> None:
    processes = [[name, str(c["pid"] or "[red]down[/]"), str(c["restarts"])] for name, c in children.items()]
    if processes:
        words.table(["process", "pid", "restarts"], processes, "")
    rows = [
        [c.service, c.name, f"[{'green' if c.ok else 'red'}]{c.state}[/]", words.plain(c.reason)] for c in containers
    ]
    if rows:
        words.table(["service", "container", "state", ""], rows, "")


def _print_missions(missions: list[dict[str, Any]]) -> None:
    for mission in missions:
        words.screen.print(
            f"under way: {mission['slug']} {mission['status']} {words.dollars(mission['spent_microusd'])}"
        )
