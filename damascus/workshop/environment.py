"""The environment of one command: a clean Python and Node, with what the repository in its workspace declares.

It is a virtual environment of links, which the launcher makes in the job's folder and the command can only read: the
company's own packages are neither in it nor within reach (docs/decisions/0034-tested-on-what-it-declares.md).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from damascus.core.text import one_line, visible
from damascus.workshop import packages
from damascus.workshop.declarations import MAX_QUOTED_CHARS, Declarations
from damascus.workshop.jail.job import HOME, WHERE
from damascus.workshop.packages import Package

PROGRAMS = Path(__file__).parent / "programs"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "chrome")
OFFLINE = (
    "apk", "apt", "apt-get", "conda", "curl", "dnf", "npm", "pip", "pip3", "pipx", "pnpm", "poetry", "uv", "wget",
    "yarn", "yum",
)  # fmt: skip
_INTERPRETER = Path(sys.executable).resolve()
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_SITE = f"lib/{_PYTHON}/site-packages"
_CONFIGURATION = f"home = {_INTERPRETER.parent}\ninclude-system-site-packages = false\n"
# each Python prints where it is, when the time of its command is over
_SHOW = "_workshop_where"
_SHOWING = f"""import faulthandler, os, signal, sys
try:
    _file = os.open(sys.prefix + "/..{HOME}/{WHERE}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    faulthandler.register(signal.SIGUSR2, _file, all_threads=True)
except (OSError, ValueError, RuntimeError):
    pass
"""


# `import` does not look in NODE_PATH, as `require` does: what is found nowhere else is looked for in the environment
_IMPORTS = "imports.mjs"
_IMPORTING = """import { register } from "node:module";
const hook = `export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || /^[./]|^[a-z]+:/.test(specifier)) throw error;
    return next(specifier, { ...context, parentURL: ${JSON.stringify(import.meta.url)} });
  }
}`;
register("data:text/javascript," + encodeURIComponent(hook));
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """`links` and `texts` are its files, by their places in it; `readable` is what the links lead to.

    `has` are the packages in it, `missing` what is declared and cannot be had here.
    """

    links: dict[str, str]
    texts: dict[str, str]
    readable: tuple[Path, ...]
    has: frozenset[str]
    missing: tuple[str, ...]

    def variables(self, folder: Path) -> dict[str, str]:
        """Return the variables that its programs need besides those of every command, where it is in `folder`."""
        return {"NODE_OPTIONS": f"--import={folder / _IMPORTS}"} if _IMPORTS in self.texts else {}


def make_environment(declared: Declarations) -> Environment:
    """Return the environment that has what is declared, as far as it is installed here."""
    known = packages.for_python()
    chosen, missing = dict[str, Package](), [*declared.unreadable]
    for requirement in declared.python:
        found = known.get(canonicalize_name(requirement.name))
        if found is None or requirement.url or not requirement.specifier.contains(found.version, prereleases=True):
            missing.append(_why(requirement, found))
        else:
            chosen |= {package.name: package for package in _with_needs(found)}
    links = {"bin/python3": str(_INTERPRETER), "bin/python": "python3", f"bin/{_PYTHON}": "python3"}
    links |= {f"bin/{name}": str(PROGRAMS / "offline") for name in OFFLINE}
    links |= {f"bin/{name}": str(PROGRAMS / name) for name in ("chromium", "screenshot")}
    texts = {"pyvenv.cfg": _CONFIGURATION, f"{_SITE}/{_SHOW}.pth": f"import {_SHOW}\n", f"{_SITE}/{_SHOW}.py": _SHOWING}
    readable = [PROGRAMS]
    for package in chosen.values():
        links |= {f"{_SITE}/{place}": str(target) for place, target in package.links.items()}
        texts |= {f"bin/{name}": program for name, program in package.programs.items()}
        readable += package.links.values()
    for name, folder in _of_node(declared, missing):
        links |= {f"node_modules/{name}": str(folder)}
        links |= {f"bin/{program}": str(path) for program, path in packages.programs_of(folder).items()}
        readable.append(folder.parent)
        texts[_IMPORTS] = _IMPORTING
    links = {place: target for place, target in links.items() if place not in texts and not _is_below(place, links)}
    told = tuple(one_line(visible(text), MAX_QUOTED_CHARS) for text in missing)
    return Environment(links, texts, tuple(dict.fromkeys(readable)), frozenset(chosen), told)


def _is_below(place: str, links: dict[str, str]) -> bool:
    """Return True if a folder that this is in is a link already, as where two packages share one."""
    return any(str(parent) in links for parent in PurePosixPath(place).parents)


def _why(requirement: Requirement, found: Package | None) -> str:
    return f"{requirement} (the workshop has {found.version})" if found else str(requirement)


def _with_needs(package: Package) -> Iterator[Package]:
    known, seen, waiting = packages.for_python(), set[str](), [package.name]
    while waiting:
        name = waiting.pop()
        if name in known and name not in seen:
            seen.add(name)
            waiting += known[name].needs
            yield known[name]


def _of_node(declared: Declarations, missing: list[str]) -> Iterator[tuple[str, Path]]:
    known = packages.for_node() if declared.node else {}
    for name in declared.node:
        if name in known:
            yield name, known[name]
        else:
            missing.append(name)
