"""`ceo missions`, `show`, `trail`, `reports`, `read`, `team`: what was done, by whom, at what cost."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from damascus.cli import context, words
from damascus.cli.context import Json, near, newest_mission, pick, settings_of
from damascus.cli.office import Office, find_office

MissionName = Annotated[str | None, typer.Argument(help="Id, slug, or a part of it; default: the newest.")]


def missions(json: Json = False) -> None:
    """All missions, newest first."""
    found = list(find_office(settings_of()).items("/api/missions"))
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
    settings = settings_of()
    office = find_office(settings)
    state = context.at_home(settings, office.get(f"/api/missions/{newest_mission(office, mission)}"))
    if json:
        words.as_json(state)
        return
    out = words.screen.print
    out(f"[bold]{state['slug']}[/]  {words.status(state['status'])}  {words.plain(state['reason'])}")
    out(f"{words.plain(state['directive'])}\n")
    rows = [
        [
            t["key"],
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
        if repository.get("waits"):
            out(f"[yellow]waits[/]       to go out to the forge: {words.plain(repository['waits'], 160)}")
    for receipt in state["receipts"]:
        mark = "[green]holds[/]" if receipt["ok"] else "[red]missing[/]"
        out(f"receipt     {mark}  {receipt['kind']}: {words.plain(receipt['text'], 160)}")
    for item in state["waiting"]:
        out(f"[yellow]waits[/]       {words.waiting(item)}")


def trail(task: Annotated[str, typer.Argument(help="Id or key, as `ceo show` lists it.")], json: Json = False) -> None:
    """What a task left on the trail."""
    office = find_office(settings_of())
    found = list(office.items(f"/api/tasks/{context.task(office, task)}/trail"))
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
    found = list(office.items("/api/reports", mission=newest_mission(office, mission) if mission else None))
    if json:
        words.as_json(found)
        return
    rows = [[f"{r['mission_slug']}/{r['name']}", words.plain(r["author"]), words.plain(r["title"], 70)] for r in found]
    words.table(["report", "by", "title"], rows, "no reports yet")


def read(
    report: Annotated[str, typer.Argument(help="MISSION/NAME, or NAME in the newest mission that has it.")],
    json: Json = False,
) -> None:
    """Print a report."""
    office = find_office(settings_of())
    found = _report(office, report)
    if json:
        words.as_json(found)
    else:
        words.screen.print(words.plain_text(found["text"]), markup=False)


def team(json: Json = False) -> None:
    """Who is on the staff, what each is doing and has cost."""
    found = list(find_office(settings_of()).items("/api/team"))
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


def _report(office: Office, name: str) -> dict[str, Any]:
    """A report with its text by MISSION/NAME, or by NAME in the newest mission that has it."""
    mission, _, short = name.rpartition("/")
    of = newest_mission(office, mission) if mission else None
    items = near(office.items("/api/reports", mission=of), short, ("name",))
    newest = [item for item in items if item["mission_id"] == items[0]["mission_id"]]
    found = pick(newest, short, ("name",), "report")
    text: dict[str, Any] = office.get(f"/api/reports/{found['mission_id']}/{quote(found['name'], safe='')}")
    return text
