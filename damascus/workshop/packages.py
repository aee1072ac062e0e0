"""Which packages a command can have: those of `config/workshop/` that are installed here, each on its own.

None of them is there by itself: a command gets what its repository declares (environment.py), as its user would.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

import damascus

ROOT = Path(damascus.__file__).parent.parent
LIST = ROOT / "config" / "workshop" / "pip.txt"
NODE_MODULES = (Path("/usr/local/lib/workshop/node_modules"), ROOT / "config" / "workshop" / "npm" / "node_modules")
_PROGRAM = "import sys\nfrom {module} import {function}\nsys.exit({function}())\n"
_PACKAGE_FILE = "__init__.py"


@dataclass(frozen=True, slots=True)
class Package:
    """A package for Python: `links` are what an environment links to, by their places in its `site-packages`.

    `programs` are those that it brings, by name; `needs` other packages, by name; `modules` what Python imports of it.
    """

    name: str
    version: str
    links: Mapping[str, Path]
    programs: Mapping[str, str]
    needs: tuple[str, ...]
    modules: frozenset[str]


def listed(file: Path = LIST) -> tuple[str, ...]:
    """Return the names in a list of packages, in its order; none if there is no such list."""
    if not file.is_file():
        return ()
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(canonicalize_name(Requirement(line).name) for line in lines if line)


@lru_cache(maxsize=4)
def for_python(file: Path = LIST) -> Mapping[str, Package]:
    """Return the listed packages that are installed here, and those that they need, by name."""
    found, waiting = dict[str, Package](), list(listed(file))
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            found[name] = _package(name, distribution(name))
        except PackageNotFoundError:
            continue  # listed for an image that is built elsewhere
        waiting += found[name].needs
    return found


def for_node(folders: tuple[Path, ...] = NODE_MODULES) -> Mapping[str, Path]:
    """Return the folders of the npm packages that are installed here, by name."""
    found = dict[str, Path]()
    for folder in folders:
        for place in sorted(folder.glob("*")) + sorted(folder.glob("@*/*")):
            if (place / "package.json").is_file():
                found.setdefault(str(place.relative_to(folder)), place)
    return found


def programs_of(package: Path) -> Mapping[str, Path]:
    """Return the programs that an npm package brings, by name."""
    told = json.loads((package / "package.json").read_text(encoding="utf-8"))
    programs = told.get("bin") or {}
    if isinstance(programs, str):
        programs = {told["name"].rpartition("/")[2]: programs}
    return {name: package / path for name, path in programs.items()}


def _package(name: str, found: Distribution) -> Package:
    files = [PurePosixPath(file) for file in found.files or ()]
    inside = [file for file in files if file.parts[0] != ".." and "__pycache__" not in file.parts[:1]]
    links = {str(place): Path(str(found.locate_file(place))) for place in _places(inside)}
    scripts = [entry for entry in found.entry_points if entry.group == "console_scripts"]
    programs = {
        entry.name: _PROGRAM.format(module=entry.module, function=entry.attr) for entry in scripts if entry.attr
    }
    needs = tuple(_needs(found.requires or ()))
    return Package(name, found.version, links, programs, needs, frozenset(PurePosixPath(p).parts[0] for p in links))


def _needs(requires: list[str] | tuple[str, ...]) -> Iterator[str]:
    for line in requires:
        try:
            needed = Requirement(line)
        except InvalidRequirement:
            continue
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield canonicalize_name(needed.name)


def _places(files: list[PurePosixPath]) -> list[PurePosixPath]:
    """Return what to link so that all of `files` are there: packages whole, of shared folders what is in them."""
    owned = {file.parent for file in files if file.name == _PACKAGE_FILE}
    places = dict.fromkeys(_place(file, owned) for file in files)
    return list(places)


def _place(file: PurePosixPath, owned: set[PurePosixPath]) -> PurePosixPath:
    for folder in reversed(file.parents):
        if folder in owned or folder.name.endswith(".dist-info"):
            return folder
    return file
