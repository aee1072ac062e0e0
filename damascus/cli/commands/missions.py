"""`ceo missions`, `show`, `watch`, `cancel`: what was done and is being done, at what cost."""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from damascus.api.schemas import MissionDetail
from damascus.cli.connection import find_office
from damascus.cli.deadline import Deadline
from damascus.cli.formatting import (
    ASSUMED_NOTICE,
    coloured,
    escape_line,
    format_cost,
    format_desk_item,
    print_json,
    print_table,
    stdout,
)
from damascus.cli.mission_result import beside_spent, product_facts, result_of, tokens_in, watch_to_end
from damascus.cli.name_lookup import resolve_mission, with_local_paths
from damascus.cli.options import Json, MissionName, Timeout, load_settings
from damascus.core.records.gates import StopDecision


def missions(json: Json = False) -> None:
    """List all missions, newest first."""
    found = list(find_office(load_settings()).missions())
    if json:
        print_json(found)
        return
    rows = [
        [
            mission.slug,
            coloured(mission.status),
            format_cost(mission.spent_microusd, mission.price_known),
            f"{mission.seconds:.0f} s",
            escape_line(mission.directive_text, 60),
        ]
        for mission in found
    ]
    print_table(["mission", "status", "spent", "time", "directive"], rows, "no mission yet")
    _say_if_assumed(mission.price_known for mission in found)


def say(mission: str, role: str, text: str, json: Json = False) -> None:
    """Tell a role of a running mission, or all, what to do otherwise: they read it before their next step."""
    office = find_office(load_settings())
    said = office.say(resolve_mission(office, mission), role, text, key=uuid.uuid4().hex)
    if json:
        print_json(said)
    else:
        stdout.print(f"said to {escape_line(said.to)}; it is told before the next step, and stands on the trail")


def show(mission: MissionName = None, json: Json = False) -> None:
    """Show a mission with its tasks, reports, repositories and receipts."""
    settings = load_settings()
    office = find_office(settings)
    found = with_local_paths(settings, office.mission(resolve_mission(office, mission)))
    if json:
        print_json(found)
        return
    stdout.print(f"[bold]{found.slug}[/]  {coloured(found.status)}  {escape_line(found.reason)}")
    stdout.print(f"{escape_line(found.directive_text)}\n")
    if found.model_wait:
        stdout.print(f"[yellow]{escape_line(found.model_wait)}[/]\n")
    _print_tasks(found)
    _say_if_assumed([found.price_known])
    _print_decisions(found)
    _print_results(found, settings.shared)


def watch(mission: Annotated[str | None, typer.Argument()] = None, timeout: Timeout = None, json: Json = False) -> None:
    """Show a mission live until it ends (default: the newest)."""
    settings = load_settings()
    office = find_office(settings)
    deadline = Deadline(timeout)
    raise typer.Exit(watch_to_end(settings, office, resolve_mission(office, mission), deadline, json))


def cancel(mission: str, json: Json = False) -> None:
    """Stop a mission; its agents stop before their next step."""
    settings = load_settings()
    office = find_office(settings)
    found = with_local_paths(settings, office.cancel_mission(resolve_mission(office, mission)))
    if json:
        print_json(result_of(found))
    else:
        stdout.print(
            f"{found.slug} is {found.status}; {format_cost(found.spent_microusd, found.price_known)} was spent"
        )


def wake(mission: MissionName = None, json: Json = False) -> None:
    """Ask the model and the forge that a mission waits for now, before the time that they named."""
    office = find_office(load_settings())
    found = office.wake_mission(resolve_mission(office, mission))
    if json:
        print_json(result_of(found))
    else:
        stdout.print(f"{found.slug}: what it waits for is asked now, a model by one task first; see `ceo watch`")


def _say_if_assumed(known: Iterable[bool]) -> None:
    if not all(known):
        stdout.print(ASSUMED_NOTICE)


def _print_tasks(mission: MissionDetail) -> None:
    rows = [
        [
            task.key,
            task.role,
            escape_line(task.title, 60),
            coloured(task.status),
            format_cost(task.spent_microusd, task.price_known),
            escape_line(task.reason, 80),
        ]
        for task in mission.tasks
    ]
    print_table(["task", "who", "title", "status", "spent", ""], rows, "no tasks yet")


def _print_decisions(mission: MissionDetail) -> None:
    for task in mission.tasks:
        if task.verdict is not None:
            number = f" ({task.verdict.number:g})" if task.verdict.number is not None else ""
            followed = f", {task.verdict.decision}" if task.verdict.decision != StopDecision.NONE else ""
            said = f"{task.verdict.word}{number}{followed}"
            stdout.print(f"gate        {task.key}: {said}  {escape_line(task.gate, 160)}")
    for quote in mission.quotes:
        stdout.print(f"quote       {beside_spent(quote, mission)}")


def _print_results(mission: MissionDetail, shared: Path) -> None:
    if mission.input_tokens:
        stdout.print(f"tokens in   {tokens_in(mission)}")
    for report in mission.reports:
        stdout.print(f"report      {escape_line(report.absolute)}  {escape_line(report.author)}")
    for repository in mission.repositories:
        for name, value in product_facts(repository, shared):
            stdout.print(f"{name:11} {value}")
        stdout.print(f"repository  {escape_line(repository.url)}  {len(repository.commits)} commits")
        if repository.waits:
            stdout.print(f"[yellow]pending[/]     not at Gitea yet: {escape_line(repository.waits, 160)}")
        if repository.note:
            stdout.print(f"[yellow]at Gitea[/]    {escape_line(repository.note, 160)}")
    for receipt in (receipt for receipt in mission.receipts if receipt.standing):
        mark = "[green]passed[/]" if receipt.ok else "[red]failed[/]"
        stdout.print(f"receipt     {mark}  {receipt.kind}: {escape_line(receipt.text, 160)}")
    for item in mission.waiting:
        stdout.print(f"[yellow]waiting[/]     {format_desk_item(item)}")
