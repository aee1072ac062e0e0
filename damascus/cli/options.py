"""What several commands share: the settings of the company here, and options with their checks."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from damascus.core import settings
from damascus.core.errors import Invalid, Misconfigured
from damascus.core.money import MAX_LIMIT_USD, to_microusd
from damascus.core.settings import ForgeKind, Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output and nothing else.")]
MissionName = Annotated[str | None, typer.Argument(help="Id, slug, or a part of it; default: the newest.")]
Timeout = Annotated[float | None, typer.Option(help="Stop waiting after this many seconds; the mission continues.")]


def load_settings(forge: ForgeKind | None = None) -> Settings:
    """Return the settings of the company in this folder, with this forge if one is named.

    Raises Misconfigured if there is no company here, or if its settings are wrong.
    """
    if not Path("config.yaml").exists():
        raise Misconfigured(f"no config.yaml in {Path.cwd()}; run this in the company's folder")
    if forge is None:
        return settings.load()
    found = settings.load(environment=settings.child_environment(FORGE=forge))
    if found.forge.kind != forge:
        raise Misconfigured("config.yaml: under `forge`, write `kind: ${FORGE:-local}`, so that --forge can set it")
    return found


def read_budget(usd: float, where: str = "--budget") -> int:
    """Return an amount of US dollars that was typed, in micro-USD.

    Raises Invalid if it is not positive, or above MAX_LIMIT_USD; `where` says what was typed.
    """
    if not 0 < usd <= MAX_LIMIT_USD:
        raise Invalid(f"{where} {usd:g}: give a positive amount of US dollars, such as 2.00")
    return to_microusd(usd)


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose parameter of a dataclass is given as an option for each of its fields."""
    found: dict[str, Any] = {name: kind for name, kind in get_type_hints(command).items() if is_dataclass(kind)}
    ((name, kind),) = found.items()
    hints, names = get_type_hints(kind, include_extras=True), [field.name for field in fields(kind)]

    @wraps(command)
    def spreading(**given: Any) -> None:
        command(**{name: kind(**{part: given.pop(part) for part in names})}, **given)

    options = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(kind)
    ]
    own = get_type_hints(command, include_extras=True)
    others = [
        one.replace(annotation=own[one.name], kind=Parameter.KEYWORD_ONLY)
        for one in signature(command).parameters.values() if one.name != name
    ]  # fmt: skip
    shown = signature(command).replace(parameters=[*others, *options])
    spreading.__signature__ = shown  # type: ignore[attr-defined]
    spreading.__annotations__ = {one.name: one.annotation for one in shown.parameters.values()} | {"return": None}
    return spreading
