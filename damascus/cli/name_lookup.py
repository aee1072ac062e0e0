"""Finding a mission, task, report or request by a part of its name, and its files where they are on this machine."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from damascus.api.schemas import DeskItem, Mission, MissionDetail, Report, Task
from damascus.core.errors import NotFound
from damascus.core.settings import Settings

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

MIN_SUFFIX_CHARS = 3
MAX_SUGGESTIONS = 5
MAX_SEARCHED_MISSIONS = 20

FoundT = TypeVar("FoundT")
KeysOf = Callable[[FoundT], tuple[str, ...]]


def resolve_mission(office: "OfficeClient", name: str | None) -> str:
    """Return a mission's id by its id, its slug or the beginning or end of either; by None that of the newest.

    Raises NotFound if there is no mission, or if the name matches none or several.
    """
    if name is not None:
        try:
            return office.mission(name).id
        except NotFound:
            return resolve_one(office.missions(), name, _mission_keys, "mission").id
    newest = next(office.missions(), None)
    if newest is None:
        raise NotFound('there is no mission yet; give a directive with `ceo run "..."`')
    return newest.id


def resolve_task(office: "OfficeClient", name: str) -> str:
    """Return a task's id by its id, its key or the beginning or end of either, in the newest mission that has one.

    Raises NotFound if none of the newest MAX_SEARCHED_MISSIONS missions has one, or one of them several.
    """
    try:
        return office.task(name).id
    except NotFound:
        for mission in islice(office.missions(), MAX_SEARCHED_MISSIONS):
            found = matching(office.mission_tasks(mission.id), name, _task_keys)
            if found:
                return resolve_one(found, name, _task_keys, "task").id
        raise NotFound(f"there is no task {name!r}; `ceo show MISSION` lists a mission's tasks") from None


def resolve_report(office: "OfficeClient", name: str) -> Report:
    """Return a report by MISSION/NAME, or by NAME in the newest mission that has it; either may be a part.

    Raises NotFound if the name matches none or several.
    """
    mission, _, short = name.rpartition("/")
    of = resolve_mission(office, mission) if mission else None
    found = matching(office.reports(of), short, _report_keys)
    newest = [report for report in found if report.mission_id == found[0].mission_id]
    return resolve_one(newest, short, _report_keys, "report")


def resolve_desk_item(office: "OfficeClient", name: str) -> str:
    """Return the id of an open request by a part of it; an unknown name as it is, for the office to refuse."""
    found = matching(office.desk(), name, _desk_keys)
    return resolve_one(found, name, _desk_keys, "request").id if found else name


def resolve_memory(office: "OfficeClient", name: str) -> str:
    """Return a memory's id by a part of it; an unknown name as it is, for the office to refuse."""
    if name.startswith("mem_"):
        return name
    found = matching(office.memories(), name, lambda memory: (memory.id,))
    return resolve_one(found, name, lambda memory: (memory.id,), "memory").id if found else name


def resolve_session(office: "OfficeClient", name: str) -> str:
    """Return a session's id by a part of it; an unknown name as it is, for the office to refuse."""
    found = matching(office.sessions(), name, lambda session: (session.id,))
    return resolve_one(found, name, lambda session: (session.id,), "session").id if found else name


def resolve_one(items: Iterable[FoundT], name: str, keys: KeysOf[FoundT], noun: str) -> FoundT:
    """Return the one item that `name` means. Raises NotFound if it matches none or several."""
    found = matching(items, name, keys)
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"there is no {noun} {name!r}")
    several = ", ".join(keys(item)[-1] for item in found[:MAX_SUGGESTIONS])
    several += ", ..." if len(found) > MAX_SUGGESTIONS else ""
    raise NotFound(f"{name!r} matches several {noun}s: {several}; give more of the name")


def matching(items: Iterable[FoundT], name: str, keys: KeysOf[FoundT]) -> list[FoundT]:
    """Return the items that `name` may mean.

    An exact match on one of an item's `keys` wins alone. Otherwise every item with a key that starts with `name`,
    or ends with it if `name` has at least MIN_SUFFIX_CHARS characters.
    """
    everything = [(keys(item), item) for item in items]
    exact = [item for its_keys, item in everything if name in its_keys]
    if exact:
        return exact[:1]
    return [item for its_keys, item in everything if name and any(_fits(key, name) for key in its_keys)]


def with_local_paths(settings: Settings, mission: MissionDetail) -> MissionDetail:
    """Return the mission with the paths that its files have here: an office in a container knows them by others."""
    reports = []
    for report in mission.reports:
        here = settings.shared / report.path
        reports.append(report.model_copy(update={"absolute": str(here)}) if here.exists() else report)
    repositories = []
    for repository in mission.repositories:
        here = settings.shared / "git" / Path(repository.url).name
        local = repository.url.startswith("/") and here.exists()
        repositories.append(repository.model_copy(update={"url": str(here)}) if local else repository)
    return mission.model_copy(update={"reports": reports, "repositories": repositories})


def _fits(key: str, name: str) -> bool:
    return key.startswith(name) or (len(name) >= MIN_SUFFIX_CHARS and key.endswith(name))


def _mission_keys(mission: Mission) -> tuple[str, ...]:
    return mission.id, mission.slug


def _task_keys(task: Task) -> tuple[str, ...]:
    return task.id, task.key


def _report_keys(report: Report) -> tuple[str, ...]:
    return (report.name,)


def _desk_keys(item: DeskItem) -> tuple[str, ...]:
    return (item.id,)
