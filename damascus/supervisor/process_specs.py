"""Which processes the company consists of, how each is run, and whether its data files fit together."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.core.playbook_files import PLAYBOOKS_FOLDER
from damascus.core.settings import REHEARSAL_MODEL, Settings, child_environment, load
from damascus.staff.playbooks import load_playbook
from damascus.supervisor.child import ProcessSpec
from damascus.supervisor.redis_server import free_port

FIRST_ROLE = "vp"
_ROLE = re.compile(r"^role:\s*[\"']?([a-z][a-z0-9_-]*)", re.MULTILINE)
_HARMLESS = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class CompanySpecs:
    """`services` first, then `first` (who makes the first model call), then `others`."""

    services: list[ProcessSpec]
    first: ProcessSpec
    others: list[ProcessSpec]


def roles(personas: Path) -> list[str]:
    """The roles that persona files name, the VP first. A file that cannot be read so is the agents' to complain of."""
    found = {
        match.group(1) for path in personas.glob("*.md") if (match := _ROLE.search(path.read_text("utf-8", "replace")))
    }
    return [FIRST_ROLE, *sorted(found - {FIRST_ROLE})]


def check(settings: Settings, root: Path, personas: Path) -> None:
    """Raise Misconfigured, before anything is started, when a persona has no role, or the playbook is wrong or gives
    work to an unknown role."""
    for path in sorted(personas.glob("*.md")):
        if not _ROLE.search(path.read_text("utf-8", "replace")):
            raise Misconfigured(f"{path}: its front matter, between two lines `---`, has a line like `role: pm`")
    playbook, known = load_playbook(root / PLAYBOOKS_FOLDER, settings.playbook), roles(personas)
    for step in playbook.steps():
        if step.role not in known:
            raise Misconfigured(
                f"{root / PLAYBOOKS_FOLDER / playbook.name}.yaml: task {step.key!r}: there is no persona for the role "
                f"{step.role!r} in {personas}; known: {', '.join(known)}"
            )


def recipes(settings: Settings, root: Path, personas: Path, redis_url: str) -> CompanySpecs:
    """How to run everything but Redis."""
    env = child_environment(REDIS_URL=redis_url, PYTHONUNBUFFERED="1", GIT_PYTHON_REFRESH="quiet")
    services = []
    if _plays_rehearsal(settings):
        port = free_port()
        command = _module("damascus.doubles.model", "--port", str(port))
        services.append(_recipe("rehearsal", command, env, root, settings))
        env = {**env, "LLM_BASE_URL": f"http://127.0.0.1:{port}/v1", "LLM_MODEL": REHEARSAL_MODEL}
    services.append(_recipe("office", _module("damascus.office"), env, root, settings))
    agents = [
        _recipe(f"{role}-1", _module("agents.main", "--role", role, "--name", f"{role}-1"), env, root, settings)
        for role in roles(personas)
    ]
    return CompanySpecs(services, agents[0], agents[1:])


def redis_recipe(settings: Settings, root: Path, command: list[str]) -> ProcessSpec:
    """Redis is not ours and needs no secret, so it is given none."""
    env = {key: value for key, value in child_environment().items() if key in _HARMLESS}
    return ProcessSpec("redis", command, env, root, settings.home / "logs" / "redis.log", must_configure=False)


def check_environment_is_read(settings: Settings, root: Path, env: dict[str, str]) -> None:
    """Raise Misconfigured when config.yaml would not let children read what the supervisor tells them by `env`."""
    read = load(root, env)
    lines = {"redis.url: ${REDIS_URL:-}": read.redis.url == env["REDIS_URL"]}
    if _plays_rehearsal(settings):
        lines["model.base_url: ${LLM_BASE_URL:-}"] = read.model.base_url == env["LLM_BASE_URL"]
    for line, holds in lines.items():
        if not holds:
            raise Misconfigured(f"{root / 'config.yaml'}: write `{line}`, so that each process of the company is told")


def _plays_rehearsal(settings: Settings) -> bool:
    return settings.model.rehearsal and not settings.model.base_url


def _module(name: str, *args: str) -> list[str]:
    return [sys.executable, "-m", name, *args]


def _recipe(name: str, command: list[str], env: dict[str, str], root: Path, settings: Settings) -> ProcessSpec:
    return ProcessSpec(name, command, env, root, settings.home / "logs" / f"{name}.log")
