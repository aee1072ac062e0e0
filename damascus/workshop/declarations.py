"""What a repository says that its programs need, as pip and npm read it: a model's files, read as text only."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import DamascusError

MAX_FILE_BYTES = 64 * 1024
MAX_LINES = 500
MAX_QUOTED_CHARS = 100
REQUIREMENTS = (
    "requirements.txt", "requirements-dev.txt", "requirements-test.txt", "requirements_dev.txt",
    "requirements_test.txt", "dev-requirements.txt", "test-requirements.txt",
)  # fmt: skip
_OPTIONS = re.compile(r"\s(?:--|#).*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Declarations:
    """Packages for Python and names of packages for Node; `unreadable` are lines that pip would not take."""

    python: tuple[Requirement, ...] = ()
    node: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


def read(folder: Path) -> Declarations:
    """Return what a workspace declares in requirements.txt and its relatives, pyproject.toml and package.json."""
    place = ConfinedFolder(folder)
    lines = list(_lines(place))
    python, unreadable = list[Requirement](), list[str]()
    for line in lines[:MAX_LINES]:
        try:
            requirement = Requirement(line)
            is_for_us = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        except (ValueError, RecursionError):  # not one, or with a marker that cannot be judged
            unreadable.append(line)
            continue
        if is_for_us:
            python.append(requirement)
    return Declarations(tuple(python), tuple(_of_node(place)), tuple(unreadable))


def _lines(place: ConfinedFolder) -> Iterator[str]:
    for name in REQUIREMENTS:
        for line in _text(place, name).replace("\\\n", " ").splitlines():
            wanted = _OPTIONS.sub("", f" {line}").strip()
            if wanted and not wanted.startswith(("-", ".")):
                yield wanted
    yield from _of_pyproject(place)


def _of_pyproject(place: ConfinedFolder) -> Iterator[str]:
    try:
        told = tomllib.loads(_text(place, "pyproject.toml"))
    except (ValueError, RecursionError):
        return
    project = _object(told.get("project"))
    yield from _texts(project.get("dependencies"))
    for group in (project.get("optional-dependencies"), told.get("dependency-groups")):
        for wanted in _object(group).values():
            yield from _texts(wanted)


def _of_node(place: ConfinedFolder) -> Iterable[str]:
    try:
        told = _object(json.loads(_text(place, "package.json") or "{}"))
    except (ValueError, RecursionError):
        return []
    groups = ("dependencies", "devDependencies", "optionalDependencies")
    return dict.fromkeys(str(name) for group in groups for name in _object(told.get(group)))


def _text(place: ConfinedFolder, name: str) -> str:
    try:
        return place.read(name, MAX_FILE_BYTES).decode(errors="replace").lstrip("\ufeff")
    except DamascusError:
        return ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
