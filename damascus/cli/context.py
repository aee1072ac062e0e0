"""What several commands share: the settings of the company here, `--json`, and finding a thing by part of its name."""

from typing import Annotated, Any

import typer

from damascus.cli.office import Office
from damascus.core import settings
from damascus.core.errors import NotFound
from damascus.core.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output and nothing else.")]


def settings_of() -> Settings:
    """The settings of the company in this folder; raises Misconfigured."""
    return settings.load()


def newest_mission(office: Office, name: str | None) -> str:
    """A mission's id by id, slug or the beginning or end of either; the newest when no name is given."""
    missions = office.items("/api/missions")
    if not missions:
        raise NotFound('there is no mission yet; give a directive with `ceo run "..."`')
    if name is None:
        return str(missions[0]["id"])
    return str(pick(missions, name, ("id", "slug"), "mission")["id"])


def pick(items: list[dict[str, Any]], name: str, keys: tuple[str, ...], noun: str) -> dict[str, Any]:
    """The one item that `name` means: a whole key, else the beginning or end of exactly one. Raises NotFound."""
    exact = [item for item in items if name in (item[key] for key in keys)]
    near = exact or [i for i in items if any(str(i[k]).startswith(name) or str(i[k]).endswith(name) for k in keys)]
    if len(near) == 1 or exact:
        return near[0]
    several = ", ".join(str(item[keys[-1]]) for item in near[:5])
    raise NotFound(f"{name!r} means several {noun}s: {several}" if near else f"there is no {noun} {name!r}")
