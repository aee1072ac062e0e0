"""Which processes the company consists of, how each is run, and whether its data files fit together."""

import sys
from dataclasses import dataclass
from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.core.records.roles import PLANNER
from damascus.core.settings import REHEARSAL_MODEL, Settings, child_environment, load
from damascus.staff.personas import load_personas
from damascus.staff.playbooks import check_roles, company_playbook
from damascus.supervisor.child import ProcessSpec
from damascus.supervisor.redis_server import free_port

FIRST_ROLE = PLANNER
_HARMLESS = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class CompanySpecs:
    """`services` first, then `first` (who makes the first model call), then `others`."""

    services: list[ProcessSpec]
    first: ProcessSpec
    others: list[ProcessSpec]


def roles(personas: Path) -> list[str]:
    """Return the roles of the staff, the VP first. Raises Misconfigured if a persona is not valid."""
    return [FIRST_ROLE, *sorted(load_personas(personas).keys() - {FIRST_ROLE})]


def check(settings: Settings, root: Path, personas: Path) -> None:
    """Raise Misconfigured, before anything is started, if a persona or the playbook is not valid, or the playbook gives
    work to an unknown role."""
    check_roles(company_playbook(root, settings.playbook), roles(personas), personas)


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
