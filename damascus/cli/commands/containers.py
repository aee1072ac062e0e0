"""`ceo logs`, `ceo scale`: the logs of the company's processes, and how many containers a role has."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from damascus.cli.compose_project import ComposeProject, find_project
from damascus.cli.formatting import printable_line, stdout
from damascus.cli.options import load_settings
from damascus.core.errors import DamascusError, Invalid, NotFound, NotRunning
from damascus.core.settings import Settings

LOG_TAIL_BYTES = 200_000  # of the end of a log, that lines are taken from
_COUNT = re.compile(r"([a-z][a-z0-9_-]*)=([0-9]{1,2})")

ServiceArgument = Annotated[str | None, typer.Argument(help="A process or service, such as `engineer`; default: all.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new lines (containers only).")]
Tail = Annotated[int, typer.Option(min=1, help="How many of the last lines of each.")]


def logs(service: ServiceArgument = None, follow: Follow = False, tail: Tail = 100) -> None:
    """Show the last log lines of the company's processes or containers."""
    settings = load_settings()
    project = find_project(settings, Path.cwd())
    if project is None:
        _print_files(settings, service, tail)
        return
    known = sorted({container.service for container in project.containers})
    if service is not None and service not in known:
        raise NotFound(f"there is no service {service!r}; known: {', '.join(known)}")
    options = ["--tail", str(tail), *(["--follow"] if follow else []), *([service] if service else [])]
    raise typer.Exit(_compose(project, "logs", *options))


def scale(counts: Annotated[list[str], typer.Argument(metavar="ROLE=NUMBER...", help="Such as engineer=3.")]) -> None:
    """Set how many containers a role has; tasks go to any worker with capacity."""
    project = find_project(load_settings(), Path.cwd())
    if project is None or not project.running:
        raise NotRunning("no containers of this company are running; `docker compose up -d --wait` starts them")
    wanted = dict(_count(text, project) for text in counts)
    options = [part for role, number in wanted.items() for part in ("--scale", f"{role}={number}")]
    code = _compose(project, "up", "--detach", "--wait", "--no-deps", "--no-recreate", *options, *wanted)
    if code != 0:
        raise DamascusError(
            f"`docker compose up` failed with exit code {code}; `ceo status` shows which container is unhealthy"
        )


def _count(text: str, project: ComposeProject) -> tuple[str, int]:
    match = _COUNT.fullmatch(text)
    if match is None:
        raise Invalid(f"{text!r}: write ROLE=NUMBER, such as engineer=3")
    known = sorted({container.service for container in project.containers if container.scales})
    if match.group(1) not in known:
        raise NotFound(f"{match.group(1)!r} cannot be scaled; available: {', '.join(known)}")
    return match.group(1), int(match.group(2))


def _compose(project: ComposeProject, *arguments: str) -> int:
    try:
        return subprocess.run([*project.command, *arguments], check=False).returncode
    except FileNotFoundError:
        raise Invalid("there is no `docker` on the PATH; install Docker's command line with Compose") from None


def _print_files(settings: Settings, service: str | None, tail: int) -> None:
    """Print the last lines of each process's log file; `engineer` means `engineer-1`, too."""
    files = sorted((settings.home / "logs").glob("*.log"))
    wanted = [file for file in files if service in (None, file.stem, file.stem.rpartition("-")[0])]
    if not wanted:
        known = ", ".join(file.stem for file in files)
        raise NotFound(f"there is no log of {service!r}; known: {known}" if known else "nothing was logged here yet")
    for file in wanted:
        for line in _last_lines(file, tail):
            stdout.print(f"{file.stem} | {printable_line(line)}", markup=False)


def _last_lines(path: Path, count: int) -> Iterable[str]:
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_TAIL_BYTES))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]
