"""Which processes the company consists of, and how each is run."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from damascus.bus.server import free_port
from damascus.core.settings import Settings, child_environment
from damascus.supervisor.child import Recipe

FIRST_ROLE = "vp"
_ROLE = re.compile(r"^role:\s*[\"']?([a-z][a-z0-9_-]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recipes:
    """`services` first, then `first` (who makes the first model call), then `others`."""

    services: list[Recipe]
    first: Recipe
    others: list[Recipe]


def roles(personas: Path) -> list[str]:
    """The roles that persona files name, the VP first. A file that cannot be read so is the agents' to complain of."""
    found = {
        match.group(1) for path in personas.glob("*.md") if (match := _ROLE.search(path.read_text("utf-8", "replace")))
    }
    return [FIRST_ROLE, *sorted(found - {FIRST_ROLE})]


def recipes(settings: Settings, root: Path, personas: Path, redis_url: str) -> Recipes:
    """How to run everything but Redis."""
    env = child_environment(REDIS_URL=redis_url, PYTHONUNBUFFERED="1", GIT_PYTHON_REFRESH="quiet")
    services = []
    if settings.model.rehearsal and not settings.model.base_url:
        port = free_port()
        command = _module("damascus.llm.rehearsal", "--port", str(port))
        services.append(_recipe("rehearsal", command, env, root, settings))
        env = {**env, "LLM_BASE_URL": f"http://127.0.0.1:{port}/v1", "LLM_MODEL": "rehearsal"}
    services.append(_recipe("office", _module("damascus.office"), env, root, settings))
    agents = [
        _recipe(f"{role}-1", _module("agents.main", "--role", role, "--name", f"{role}-1"), env, root, settings)
        for role in roles(personas)
    ]
    return Recipes(services, agents[0], agents[1:])


def _module(name: str, *args: str) -> list[str]:
    return [sys.executable, "-m", name, *args]


def _recipe(name: str, command: list[str], env: dict[str, str], root: Path, settings: Settings) -> Recipe:
    return Recipe(name, command, env, root, settings.home / "logs" / f"{name}.log")
