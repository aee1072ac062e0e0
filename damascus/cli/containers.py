"""The company's containers as Docker sees them: those that `docker compose` started from this folder, and no others.

Docker is asked only where `docker compose up` has run (its `setup` leaves a mark), so that whoever has no Docker
notices nothing. Where Docker does not answer there are no containers: what runs is then told by the office alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from damascus.core.errors import Conflict
from damascus.core.settings import Settings

MARK = "containers"
SECONDS = 10
LAST_WORDS = 200
SCALES = "damascus.scales"  # the label of services of which there may be several
_COMPOSE = "com.docker.compose."
_AT_REST = ("exited", "created", "dead", "done")


@dataclass(frozen=True, slots=True)
class Container:
    """`state` is its health where it has a check, else Docker's word for it; `reason` says why it is not `ok`."""

    service: str
    name: str
    state: str
    ok: bool
    reason: str
    scales: bool


@dataclass(frozen=True, slots=True)
class Project:
    """What was started together; `command` is `docker compose` for just this project."""

    containers: list[Container]
    command: tuple[str, ...]

    @property
    def running(self) -> bool:
        """Whether any of it is at work: what was stopped has containers, too."""
        return any(container.state not in _AT_REST for container in self.containers)


def find_project(settings: Settings, root: Path) -> Project | None:
    """The compose project of the folder `root`; None without one, or where Docker does not answer."""
    if not (settings.home / MARK).exists():
        return None
    # a fifth of a second to import, and few commands in few companies need it
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=SECONDS)
        try:
            every = client.containers.list(all=True, filters={"label": f"{_COMPOSE}project.working_dir"})
            ours = [c for c in every if Path(c.labels[f"{_COMPOSE}project.working_dir"]).resolve() == root.resolve()]
            found = sorted((_container(c) for c in ours), key=lambda c: (c.service, c.name))
        finally:
            client.close()
    except (DockerException, OSError):
        return None
    return Project(found, _command(ours[0].labels)) if ours else None


def refuse_beside(settings: Settings, root: Path) -> None:
    """Raise Conflict when the company here runs in containers: a second one would have a ledger of its own."""
    project = find_project(settings, root)
    if project is not None and project.running:
        raise Conflict(
            "the company runs in containers: `ceo status` says how they are, `docker compose down` stops them"
        )


def _command(labels: Mapping[str, str]) -> tuple[str, ...]:
    files = labels[f"{_COMPOSE}project.config_files"].split(",")
    given = labels.get(f"{_COMPOSE}project.environment_file", "")
    options = [
        *("--project-directory", labels[f"{_COMPOSE}project.working_dir"]),
        *("--project-name", labels[f"{_COMPOSE}project"]),
        *(part for file in files for part in ("--file", file)),
        *(part for file in filter(None, given.split(",")) for part in ("--env-file", file)),
    ]
    return ("docker", "compose", *options)


def _container(found: Any) -> Container:
    state: dict[str, Any] = found.attrs["State"]
    health: dict[str, Any] = state.get("Health") or {}
    word = str(state["Status"])
    if word == "running":
        word = str(health.get("Status") or word)
    elif (
        word == "exited" and state["ExitCode"] == 0 and found.attrs["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    ):
        word = "done"  # a one-shot
    ok = word in ("healthy", "running", "done")
    reason = "" if ok else _reason(found, state, health)
    return Container(found.labels[f"{_COMPOSE}service"], found.name, word, ok, reason, SCALES in found.labels)


def _reason(found: Any, state: Mapping[str, Any], health: Mapping[str, Any]) -> str:
    """In the words nearest to the cause: of its last check, or how it ended and what it said last."""
    if state["Status"] == "running":
        log = health.get("Log") or []
        said = str(log[-1]["Output"]) if log else "its first check is still to come"
    else:
        end = "out of memory" if state["OOMKilled"] else f"exit {state['ExitCode']}"
        said = f"{end}: {found.logs(tail=1).decode(errors='replace')}"
    return " ".join(said.split())[-LAST_WORDS:]
