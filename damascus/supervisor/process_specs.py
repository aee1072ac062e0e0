"""Which processes the company consists of, how each is run, and whether its data files fit together."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from damascus.bus.acl import OFFICE
from damascus.core.errors import Misconfigured
from damascus.core.playbook_files import CHOOSE_PLAYBOOK, PLAYBOOKS_FOLDER, playbook_names
from damascus.core.records.roles import PLANNER
from damascus.core.settings import REHEARSAL_MODEL, Settings, child_environment, load
from damascus.staff.personas import load_personas
from damascus.staff.playbooks import check_roles, company_playbook
from damascus.supervisor.child import ProcessSpec
from damascus.supervisor.redis_server import free_port

FIRST_ROLE = PLANNER
_NO_MODEL = ("LLM_API_KEY", "EMBEDDINGS_API_KEY")
_NO_OFFICE = ("OFFICE_TOKEN", "DESK_SECRET")
_NO_FORGE = ("GITEA_TOKEN",)
_NO_SEARCH = ("TAVILY_API_KEY", "EXA_API_KEY", "BRAVE_API_KEY", "SERPER_API_KEY")
_NO_DATA = ("REDIS_URL", "LEDGER_URL")
_NO_SECRET = (*_NO_MODEL, *_NO_OFFICE, *_NO_FORGE, *_NO_SEARCH, *_NO_DATA)
_NOT_SECRET = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class CompanySpecs:
    """How to run all processes: `services` and `first` (which makes the first model call), then `others` and `late`.

    Nothing waits until those of `late` are up.
    """

    services: list[ProcessSpec]
    first: ProcessSpec
    others: list[ProcessSpec]
    late: list[ProcessSpec]


def roles(personas: Path) -> list[str]:
    """Return the roles of the staff, the VP first. Raises Misconfigured if a persona is not valid."""
    return [FIRST_ROLE, *sorted(load_personas(personas).keys() - {FIRST_ROLE})]


def check_staff(settings: Settings, root: Path, personas: Path) -> None:
    """Raise Misconfigured, before anything is started, if a persona or a playbook that may be used is not valid, or if
    it gives work to an unknown role."""
    known = roles(personas)
    chosen = playbook_names(root / PLAYBOOKS_FOLDER) if settings.playbook == CHOOSE_PLAYBOOK else [settings.playbook]
    for name in chosen:
        check_roles(company_playbook(root, name), known, personas)


def company_specs(settings: Settings, root: Path, personas: Path, redis_urls: Mapping[str, str]) -> CompanySpecs:
    """Return how to run everything but Redis; every process is told its own address of Redis (`redis_urls`, by role and
    for the office), and of the rehearsal if the company runs on it, and no process of a secret that it has no use for
    (docs/security.md)."""
    env = child_environment(REDIS_URL="", PYTHONUNBUFFERED="1", GIT_PYTHON_REFRESH="quiet")
    services, late = [], []
    if _runs_rehearsal(settings):
        port = free_port()
        command = _module("damascus.doubles.model", "--port", str(port))
        services.append(_spec("rehearsal", command, _without(env, *_NO_SECRET), root, settings))
        env = {**env, "LLM_BASE_URL": f"http://127.0.0.1:{port}/v1", "LLM_MODEL": REHEARSAL_MODEL}
    if settings.web.enabled and not settings.web.url:
        web = _spec("web", _module("damascus.web.server"), _without(env, *_NO_SECRET), root, settings)
        late.append(replace(web, exit_2_is_final=False))
    office = {**_without(env, *_NO_MODEL, *_NO_SEARCH), "REDIS_URL": redis_urls[OFFICE]}
    services.append(_spec("office", _module("damascus.office"), office, root, settings))
    staff = load_personas(personas)
    pushers = {role for role, persona in staff.items() if persona.planner or "push" in persona.tools}
    searchers = {role for role, persona in staff.items() if "web_search" in persona.tools}
    agents = []
    for role in roles(personas):
        unused = (*_NO_OFFICE, *(() if role in pushers else _NO_FORGE), *(() if role in searchers else _NO_SEARCH))
        own = _without(env, *unused) | {"REDIS_URL": redis_urls[role]}
        command = _module("agents.main", "--role", role, "--name", f"{role}-1")
        agents.append(_spec(f"{role}-1", command, own, root, settings))
    return CompanySpecs(services, agents[0], agents[1:], late)


def redis_spec(settings: Settings, root: Path, command: list[str]) -> ProcessSpec:
    """Return how to run Redis; it is another program that needs no secret, so it is given none."""
    env = {key: value for key, value in child_environment().items() if key in _NOT_SECRET}
    return ProcessSpec("redis", command, env, root, settings.home / "logs" / "redis.log", exit_2_is_final=False)


def check_environment_is_read(settings: Settings, root: Path, env: dict[str, str]) -> None:
    """Raise Misconfigured if config.yaml does not take from the environment what the supervisor passes in `env`."""
    read = load(root, env)
    lines = {"redis.url: ${REDIS_URL:-}": read.redis.url == env["REDIS_URL"]}
    if _runs_rehearsal(settings):
        lines["model.base_url: ${LLM_BASE_URL:-}"] = read.model.base_url == env["LLM_BASE_URL"]
    for line, is_read in lines.items():
        if not is_read:
            raise Misconfigured(
                f"{root / 'config.yaml'}: restore `{line}`; the supervisor hands this value to every process "
                "through the environment"
            )


def _without(env: dict[str, str], *secrets: str) -> dict[str, str]:
    """Return an environment in which these secrets are empty, which is also what goes before the file `.env`."""
    return {**env, **{f"{name}{suffix}": "" for name in secrets for suffix in ("", "_FILE")}}


def _runs_rehearsal(settings: Settings) -> bool:
    return settings.model.rehearsal and not settings.model.base_url


def _module(name: str, *args: str) -> list[str]:
    return [sys.executable, "-m", name, *args]


def _spec(name: str, command: list[str], env: dict[str, str], root: Path, settings: Settings) -> ProcessSpec:
    return ProcessSpec(name, command, env, root, settings.home / "logs" / f"{name}.log")
