"""`ceo missions`, `show`, `trail`, `reports`, `read`, `team`: what was done, by whom, at what cost."""

from typing import Annotated

import typer

from damascus.cli import words
from damascus.cli.context import Json, newest_mission, pick, settings_of
from damascus.cli.office import Office, find_office
from damascus.core.errors import NotFound

MissionName = Annotated[str | None, typer.Argument(help="Id, slug, or a part of it; default: the newest.")]


def missions(json: Json = False) -> None:
    """All missions, newest first."""
    found = find_office(settings_of()).items("/api/missions")
    if json:
        words.as_json(found)
        return
    rows = [
        [
            m["slug"],
            words.status(m["status"]),
            words.dollars(m["spent_microusd"]),
            f"{m['seconds']:.0f} s",
            words.plain(m["directive"], 60),
        ]
        for m in found
    ]
    words.table(["mission", "state", "spent", "time", "directive"], rows, "no mission yet")


def show(mission: MissionName = None, json: Json = False) -> None:
    """One mission with its tasks, reports, repositories and receipts."""
    office = find_office(settings_of())
    state = office.get(f"/api/missions/{newest_mission(office, mission)}")
    if json:
        words.as_json(state)
        return
    out = words.screen.print
    out(f"[bold]{state['slug']}[/]  {words.status(state['status'])}  {words.plain(state['reason'])}")
    out(f"{words.plain(state['directive'])}\n")
    rows = [
        [
            t["id"],
            t["role"],
            words.plain(t["title"], 60),
            words.status(t["status"]),
            words.dollars(t["spent_microusd"]),
            words.plain(t["reason"], 80),
        ]
        for t in state["tasks"]
    ]
    words.table(["task", "who", "title", "state", "spent", ""], rows, "no tasks yet")
    for report in state["reports"]:
        out(f"report      {words.plain(report['absolute'])}  {words.plain(report['author'])}")
    for repository in state["repositories"]:
        out(f"repository  {words.plain(repository['url'])}  {len(repository['commits'])} commits")
    for receipt in state["receipts"]:
        mark = "[green]holds[/]" if receipt["ok"] else "[red]missing[/]"
        out(f"receipt     {mark}  {receipt['kind']}: {words.plain(receipt['text'], 160)}")
    for item in state["waiting"]:
        out(f"[yellow]waits[/]       {words.waiting(item)}")


def trail(task: str, json: Json = False) -> None:
    """What a task left on the trail."""
    office = find_office(settings_of())
    found = office.items(f"/api/tasks/{_task(office, task)}/trail")
    if json:
        words.as_json(found)
        return
    for entry in found:
        said = words.plain(entry["payload"].get("text"))
        words.screen.print(f"\\[e{entry['seq']}] {entry['kind']} by {entry['author']}: {said}")
    if not found:
        words.screen.print("nothing on its trail")


def reports(mission: MissionName = None, json: Json = False) -> None:
    """The reports of a mission, or of all."""
    office = find_office(settings_of())
    found = office.items("/api/reports", mission=newest_mission(office, mission) if mission else None)
    if json:
        words.as_json(found)
        return
    rows = [[f"{r['mission_slug']}/{r['name']}", words.plain(r["author"]), words.plain(r["title"], 70)] for r in found]
    words.table(["report", "by", "title"], rows, "no reports yet")


def read(
    report: Annotated[str, typer.Argument(help="MISSION/NAME, or NAME in the newest mission.")], json: Json = False
) -> None:
    """Print a report."""
    office = find_office(settings_of())
    mission, _, name = report.rpartition("/")
    mission = newest_mission(office, mission or None)
    items = office.items("/api/reports", mission=mission)
    if not items:
        raise NotFound("that mission has no reports yet")
    found = office.get(f"/api/reports/{mission}/{pick(items, name, ('name',), 'report')['name']}")
    if json:
        words.as_json(found)
    else:
        words.screen.print(found["text"], markup=False)


def team(json: Json = False) -> None:
    """Who is on the staff, what each is doing and has cost."""
    found = find_office(settings_of()).items("/api/team")
    if json:
        words.as_json(found)
        return
    rows = [
        [
            m["name"],
            m["title"],
            m["role"],
            "[green]at work[/]" if m["alive"] else "[red]away[/]",
            words.dollars(m["spent_microusd"]),
            words.plain("; ".join(m["working_on"]), 80),
        ]
        for m in found
    ]
    words.table(["name", "title", "role", "", "spent", "working on"], rows, "nobody has come to work yet")


def _task(office: Office, name: str) -> str:
    if name.startswith("task_") and len(name) > 20:
        return name
    state = office.get(f"/api/missions/{newest_mission(office, None)}")
    return str(pick(state["tasks"], name, ("id", "key"), "task of the newest mission")["id"])
