"""The company's containers as Docker sees them: those that `docker compose` started from this folder, and no others.

Docker is asked only where `docker compose up` has run (its `setup` leaves a mark), so that it costs nothing
without Docker. Where Docker does not respond there are no containers: what runs is then told by the office alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from damascus.core.errors import Conflict
from damascus.core.settings import Settings

MARK_FILE = "containers"
DOCKER_TIMEOUT_SECONDS = 10
MAX_REASON_CHARS = 200
SCALES_LABEL = "damascus.scales"  # the label of services of which there may be several
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
class ComposeProject:
    """What was started together; `command` is `docker compose` for just this project."""

    containers: list[Container]
    command: tuple[str, ...]

    @property
    def running(self) -> bool:
        """True if any of it is at work: what was stopped has containers, too."""
        return any(container.state not in _AT_REST for container in self.containers)


def find_project(settings: Settings, root: Path) -> ComposeProject | None:
    """Return the Compose project of the folder `root`; None if there is none, or if Docker does not respond."""
    if not (settings.home / MARK_FILE).exists():
        return None
    # a fifth of a second to import, and few commands in few companies need it
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=DOCKER_TIMEOUT_SECONDS)
        try:
            every = client.containers.list(all=True, filters={"label": f"{_COMPOSE}project.working_dir"})
            ours = [c for c in every if Path(c.labels[f"{_COMPOSE}project.working_dir"]).resolve() == root.resolve()]
            found = sorted((_container(c) for c in ours), key=lambda c: (c.service, c.name))
        finally:
            client.close()
    except (DockerException, OSError):
        return None
    return ComposeProject(found, _command(ours[0].labels)) if ours else None


def refuse_if_in_containers(settings: Settings, root: Path) -> None:
    """Raise Conflict if the company here runs in containers: a second one would have a ledger of its own."""
    project = find_project(settings, root)
    if project is not None and project.running:
        raise Conflict(
            "the company is already running in containers; use `ceo status`, or stop it with `docker compose down`"
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
    return Container(found.labels[f"{_COMPOSE}service"], found.name, word, ok, reason, SCALES_LABEL in found.labels)


def _reason(found: Any, state: Mapping[str, Any], health: Mapping[str, Any]) -> str:
    """Return the text nearest to the cause: of its last health check, or its exit and its last log line."""
    if state["Status"] == "running":
        log = health.get("Log") or []
        said = str(log[-1]["Output"]) if log else "waiting for its first health check"
    else:
        end = "out of memory" if state["OOMKilled"] else f"exit {state['ExitCode']}"
        said = f"{end}: {found.logs(tail=1).decode(errors='replace')}"
    return " ".join(said.split())[-MAX_REASON_CHARS:]
