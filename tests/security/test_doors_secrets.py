"""Which process is given which secret, at each of the three sizes, is what docs/security.md says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from damascus.core.settings import SECRETS_IN_FILES, Settings, load
from damascus.supervisor.process_specs import company_specs
from tests.fixtures.company import Company, write_files

ROOT = Path(__file__).parents[2]
NEEDED = "a process is given the secrets that its role needs and no more"
AGENTS = ("engineer", "pm", "sales", "vp")
SIZES = ("processes", "compose", "swarm")
SEARCH_KEYS = ("EXA_API_KEY", "BRAVE_API_KEY", "SERPER_API_KEY")  # as TAVILY_API_KEY
GIVEN = {
    "LLM_API_KEY": "sk-model-77", "OFFICE_TOKEN": "office-token-77", "DESK_SECRET": "desk-secret-77",
    "GITEA_TOKEN": "gitea-token-77", "REDIS_URL": "redis://:redis-77@h/0", "LEDGER_URL": "postgresql://u:ledger-77@h/d",
    "TAVILY_API_KEY": "tavily-key-77", "EMBEDDINGS_API_KEY": "embeddings-key-77",
    "LLM_BASE_URL": "http://model/v1", "LLM_MODEL": "gpt-x",
}  # fmt: skip
IN_COMPOSE = {  # what is in a service that has the secret: a variable of its environment, or a volume
    "LLM_API_KEY": ("${LLM_API_KEY", "upstream-secrets", ".:"),
    "LITELLM_MASTER_KEY": ("${LITELLM_MASTER_KEY", "model-secrets", ".:"),
    "OFFICE_TOKEN": ("${OFFICE_TOKEN", "./.damascus:", ".:"), "DESK_SECRET": ("${DESK_SECRET", "./.damascus:", ".:"),
    "REDIS_URL": ("${REDIS_PASSWORD", "bus-", ".:"), "LEDGER_URL": ("ledger:", ".:"),
    "GITEA_TOKEN": ("${GITEA_TOKEN", "forge-secrets", ".:"),
    "TAVILY_API_KEY": ("${TAVILY_API_KEY", "search-secrets", ".:"),
    "GITEA_ADMIN_PASSWORD": ("${GITEA_ADMIN_PASSWORD", "gitea-admin", "./.damascus:", ".:"),
}  # fmt: skip
IN_SWARM = {
    "LLM_API_KEY": ("model_key", "${LLM_API_KEY"), "LITELLM_MASTER_KEY": ("litellm_master_key",),
    "OFFICE_TOKEN": ("office_token", "${OFFICE_TOKEN"),
    "DESK_SECRET": ("home:", "${DESK_SECRET"), "REDIS_URL": ("redis_url", "redis_users"), "LEDGER_URL": ("ledger_url",),
    "GITEA_TOKEN": ("gitea_token", "${GITEA_TOKEN"), "PostgreSQL's password": ("postgres_password",),
}  # fmt: skip


def table() -> dict[str, dict[str, set[str]]]:
    """The table of the document: by secret and size, who has it."""
    section = (ROOT / "docs/security.md").read_text().partition("## Secrets")[2]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    found: dict[str, dict[str, set[str]]] = {}
    for row in rows[2:]:
        cells = [{who.strip() for who in cell.split(",") if who.strip()} for cell in row[1:]]
        found[re.split(r"[`,]", row[0].strip(" `"))[0]] = dict(zip(SIZES, cells, strict=True))
    return found


def with_agents(who: set[str], *more: str) -> set[str]:
    return (who - {"agents"}) | ({*AGENTS, *more} if "agents" in who else set())


def given_to(services: dict[str, Any], signs: tuple[str, ...]) -> set[str]:
    """The services that have one of these among their secrets, volumes or variables."""

    def texts(service: dict[str, Any]) -> list[str]:
        environment = service.get("environment", {})
        return [*service.get("secrets", []), *map(str, service.get("volumes", [])), *map(str, environment.values())]

    return {name for name, service in services.items() if any(t.startswith(signs) for t in texts(service))}


def values(settings: Settings) -> dict[str, str]:
    return {
        "LLM_API_KEY": settings.model.api_key.get_secret_value(),
        "OFFICE_TOKEN": settings.office.token.get_secret_value(),
        "DESK_SECRET": settings.office.desk_secret.get_secret_value(),
        "GITEA_TOKEN": settings.forge.token.get_secret_value(),
        "TAVILY_API_KEY": settings.web.search.tavily_key.get_secret_value(),
        "EMBEDDINGS_API_KEY": settings.memory.embeddings.api_key.get_secret_value(),
        "REDIS_URL": settings.redis.url, "LEDGER_URL": settings.ledger.url,
    }  # fmt: skip


@pytest.mark.attack("a process with another's secret", NEEDED)
@pytest.mark.parametrize("in_files", [False, True])
def test_each_process_loads_the_secrets_of_the_table(tmp_path: Path, in_files: bool) -> None:
    """Class: a process is given the secrets that its role needs and no more.

    All are in `.env`, which each process reads.
    """
    write_files(tmp_path)
    lines = []
    for name, value in GIVEN.items():
        (tmp_path / name).write_text(value)
        as_file = in_files and name not in ("GITEA_TOKEN", "LLM_BASE_URL", "LLM_MODEL")
        lines.append(f"{name}_FILE={tmp_path / name}" if as_file else f"{name}={value}")
    (tmp_path / ".env").write_text("\n".join(lines))
    urls = dict.fromkeys(("office", *AGENTS), GIVEN["REDIS_URL"])  # a Redis of the founder's: one for all
    specs = company_specs(load(tmp_path, {}), tmp_path, ROOT / "agents/personas", urls)
    has: dict[str, set[str]] = {}
    for spec in (*specs.services, specs.first, *specs.others, *specs.late):
        for name, value in values(load(tmp_path, {**spec.env, "HOME": "/"})).items():
            if value:
                assert value == GIVEN[name]
                has.setdefault(name, set()).add(spec.name.removesuffix("-1"))
    promised = {name: with_agents(who["processes"]) for name, who in table().items() if who["processes"]}
    assert has == promised


@pytest.mark.attack("a secret that no table knows", NEEDED)
def test_every_secret_that_a_process_can_load_is_in_the_table() -> None:
    document = (ROOT / "docs/security.md").read_text().partition("## Secrets")[2]
    assert [name for name in SECRETS_IN_FILES if name not in document and name not in SEARCH_KEYS] == []


@pytest.mark.attack("a service of compose with another's secret", NEEDED)
@pytest.mark.parametrize("secret", IN_COMPOSE)
def test_each_service_of_compose_has_the_secrets_of_the_table(secret: str) -> None:
    """Class: a process is given the secrets that its role needs and no more. By variable and by mounted folder."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert given_to(services, IN_COMPOSE[secret]) == with_agents(table()[secret]["compose"], "staff")


@pytest.mark.attack("a service of swarm with another's secret", NEEDED)
@pytest.mark.parametrize("secret", IN_SWARM)
def test_each_service_of_swarm_has_the_secrets_of_the_table(secret: str) -> None:
    """Class: a process is given the secrets that its role needs and no more. By secret, by variable, by volume."""
    services = yaml.safe_load((ROOT / "docker-stack.yml").read_text())["services"]
    assert given_to(services, IN_SWARM[secret]) == with_agents(table()[secret]["swarm"])


@pytest.mark.attack("the model's key in what compose shows", NEEDED)
def test_no_file_for_containers_passes_the_models_key_through_an_environment() -> None:
    """Class: a process is given the secrets that its role needs and no more.

    `docker compose config` and `docker inspect` show an environment.
    """
    for name in ("docker-compose.yml", "docker-stack.yml"):
        assert "${LLM_API_KEY" not in (ROOT / name).read_text()


@pytest.mark.attack("secrets in the environment of a running process", NEEDED)
def test_no_agent_of_a_running_company_has_the_offices_secrets(company: Company) -> None:
    """Class: a process is given the secrets that its role needs and no more. As the kernel shows it, in /proc."""
    for name, child in company.children().items():
        environment = Path(f"/proc/{child['pid']}/environ").read_bytes()
        assert (company.env["DESK_SECRET"].encode() in environment) == (name == "office"), name
