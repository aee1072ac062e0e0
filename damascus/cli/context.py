"""What several commands share: the settings of the company here, `--json`, and finding a thing by part of its name."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from damascus.cli.office import Office
from damascus.core import settings
from damascus.core.errors import Invalid, Misconfigured, NotFound
from damascus.core.settings import ForgeKind, Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output and nothing else.")]
LEAST_LETTERS = 3
MOST_DOLLARS = 1_000_000
SHOWN = 5
SEARCHED_MISSIONS = 20


def settings_of(forge: ForgeKind | None = None) -> Settings:
    """The settings of the company in this folder, with this forge if one is named; raises Misconfigured."""
    if not Path("config.yaml").exists():
        raise Misconfigured(f"there is no config.yaml in {Path.cwd()}: change to the company's folder first")
    if forge is None:
        return settings.load()
    found = settings.load(environment=settings.child_environment(FORGE=forge))
    if found.forge.kind != forge:
        raise Misconfigured("config.yaml: under `forge`, write `kind: ${FORGE:-local}`, so that --forge can set it")
    return found


def micro(budget: float, where: str = "--budget") -> int:
    """What --budget gives, in micro-USD; raises Invalid when it is not a positive amount of US dollars."""
    if not 0 < budget <= MOST_DOLLARS:
        raise Invalid(f"{where} {budget:g}: give a positive amount of US dollars, such as 2.00")
    return max(1, round(budget * 1_000_000))


def newest_mission(office: Office, name: str | None) -> str:
    """A mission's id by id, slug or the beginning or end of either; the newest when no name is given."""
    if name is not None:
        try:
            return str(office.get(f"/api/missions/{quote(name, safe='')}")["id"])
        except NotFound:
            return str(pick(office.items("/api/missions"), name, ("id", "slug"), "mission")["id"])
    newest = next(office.items("/api/missions"), None)
    if newest is None:
        raise NotFound('there is no mission yet; give a directive with `ceo run "..."`')
    return str(newest["id"])


def task(office: Office, name: str) -> str:
    """A task's id by id, key or the beginning or end of either, in the newest mission that has such a one."""
    try:
        return str(office.get(f"/api/tasks/{quote(name, safe='')}")["id"])
    except NotFound:
        for _, mission in zip(range(SEARCHED_MISSIONS), office.items("/api/missions"), strict=False):
            found = near(office.items(f"/api/missions/{mission['id']}/tasks"), name, ("id", "key"))
            if found:
                return str(pick(found, name, ("id", "key"), "task")["id"])
        raise NotFound(f"there is no task {name!r}; `ceo show MISSION` lists a mission's tasks") from None


def at_home(settings: Settings, mission: dict[str, Any]) -> dict[str, Any]:
    """The mission with the paths that its files have here: an office in a container knows them by others."""
    for report in mission["reports"]:
        here = settings.shared / report["path"]
        report["absolute"] = str(here) if here.exists() else report["absolute"]
    for repository in mission["repositories"]:
        here = settings.shared / "git" / Path(repository["url"]).name
        if repository["url"].startswith("/") and here.exists():
            repository["url"] = str(here)
    return mission


def pick(items: Iterable[dict[str, Any]], name: str, keys: tuple[str, ...], noun: str) -> dict[str, Any]:
    """The one item that `name` means. Raises NotFound when it means none or several."""
    found = near(items, name, keys)
    if len(found) == 1:
        return found[0]
    several = ", ".join(str(item[keys[-1]]) for item in found[:SHOWN]) + (", ..." if len(found) > SHOWN else "")
    raise NotFound(f"{name!r} means several {noun}s: {several}" if found else f"there is no {noun} {name!r}")


def near(items: Iterable[dict[str, Any]], name: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The item with a key that is `name`, else those with one that begins or (3 letters or more) ends with it."""
    everything = list(items)
    exact = [item for item in everything if name in (item[key] for key in keys)]
    if exact:
        return exact[:1]
    words = [([str(item[key]) for key in keys], item) for item in everything]
    return [
        item
        for said, item in words
        if name and any(w.startswith(name) or (len(name) >= LEAST_LETTERS and w.endswith(name)) for w in said)
    ]
