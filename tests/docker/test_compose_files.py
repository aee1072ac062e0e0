"""What docker-compose.yml promises, read from the file itself: no engine is needed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from damascus.workshop.jail import kernel, syscalls

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
STACK = yaml.safe_load((ROOT / "docker-stack.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"setup", "gitea-setup"}
KNOWN_ELSEWHERE = {"DAMASCUS_TAG", "PIP_INDEX_URL", "NPM_CONFIG_REGISTRY"}  # for who builds, not for who runs

PUSHES = ("${GITEA_URL:+outside-}forge", "${FORGE_NETWORK:-forge}")  # in compose; in swarm, which has no `:+`
AGENTS = ("vp", "pm", "sales", "engineer", "staff")
LOOKS_UP = ("pm", "sales", "staff")
ON_THE_BUS = ("redis", "office", "vp", "pm", "sales", "engineer", "staff")


def mounted(service: dict[str, Any]) -> set[str]:
    return {str(volume).split(":")[0] for volume in service.get("volumes", [])}


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_may_do_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["init"] is True
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert "container_name" not in service  # several of one service need names of their own
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert name in ONE_SHOT or service["healthcheck"]["test"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"setup"}))
def test_nobody_but_the_one_shot_setup_is_root_or_has_a_capability(name: str) -> None:
    assert SERVICES[name]["user"] == "${UID:-1000}:${GID:-1000}"
    assert "cap_add" not in SERVICES[name]


def test_the_setup_has_rights_over_files_only_and_no_network() -> None:
    assert set(SERVICES["setup"]["cap_add"]) == {"CHOWN", "DAC_OVERRIDE"}
    assert SERVICES["setup"]["network_mode"] == "none"


def test_only_the_office_and_gitea_have_a_port_and_for_this_machine_only() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(ports) == {"office", "gitea"}
    assert all(port.startswith("127.0.0.1:") for listed in ports.values() for port in listed)


def test_the_workshop_has_no_network_no_secret_and_nothing_but_its_volumes() -> None:
    workshop = SERVICES["workshop"]
    assert workshop["network_mode"] == "none"
    assert "networks" not in workshop
    assert "environment" not in workshop
    assert mounted(workshop) == {"./config.yaml", "workshop", "engineer-work", "pm-work"}


PROFILE = json.loads((ROOT / "config/workshop/seccomp.json").read_text())
NAMESPACES = 0x7E020000  # every kind, as clone takes them
JAIL_NEEDS = {
    "socket", "bind", "listen", "connect", "accept", "accept4", "rt_tgsigqueueinfo", "pidfd_getfd", "unshare", "setns",
}  # fmt: skip


def allowed(name: str) -> list[list[tuple[int, int, int | None]]]:
    """How a system call is allowed: for each way the arguments that it is bound to, as (which, value, mask)."""
    ways = []
    for rule in PROFILE["syscalls"]:
        if name in rule["names"] and rule["action"] == "SCMP_ACT_ALLOW":
            masked = [arg for arg in rule.get("args", []) if arg["op"] == "SCMP_CMP_MASKED_EQ"]
            exact = [arg for arg in rule.get("args", []) if arg["op"] == "SCMP_CMP_EQ"]
            assert len(masked) + len(exact) == len(rule.get("args", []))
            ways.append(
                [(arg["index"], arg["value"], None) for arg in exact]
                + [(arg["index"], arg["valueTwo"], arg["value"]) for arg in masked]
            )
    return ways


def test_only_the_workshop_has_a_profile_of_its_own_and_none_is_without() -> None:
    options = {
        name: [word for word in one["security_opt"] if word.startswith("seccomp")] for name, one in SERVICES.items()
    }
    assert options.pop("workshop") == ["seccomp=./config/workshop/seccomp.json"]
    assert not any(options.values())
    assert PROFILE["defaultAction"] == "SCMP_ACT_ERRNO"


def test_the_workshop_s_profile_opens_nothing_that_the_jail_closes_but_what_makes_the_jail() -> None:
    opened = {name for name in (*syscalls.DENIED, "clone3") if allowed(name)}
    assert opened <= JAIL_NEEDS
    assert allowed("mount") == allowed("bpf") == allowed("ptrace") == allowed("io_uring_setup") == []


def test_the_workshop_makes_no_other_namespaces_than_a_jail_s() -> None:
    whole = kernel.CLONE_NEWUSER | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET
    assert allowed("clone") == [[(0, 0, NAMESPACES)], [(0, whole, NAMESPACES)]]
    assert allowed("unshare") == [[(0, kernel.CLONE_NEWPID, None)]]
    assert allowed("setns") == [[(1, kernel.CLONE_NEWUSER, None)], [(1, kernel.CLONE_NEWNET, None)]]
    assert [way[0][:2] for way in allowed("socket")] == [(0, 1), (0, 2), (0, 10), (0, 16)]
    assert allowed("socket")[-1] == [(0, 16, None), (2, 0, None)]  # of netlink the list of devices only


@pytest.mark.parametrize(
    ("volume", "who"),
    [
        *((f"bus-{name}", {name}) for name in ON_THE_BUS),
        ("upstream-secrets", {"litellm"}),
        ("model-secrets", {"litellm", "vp", "pm", "sales", "engineer", "staff"}),
        ("forge-secrets", {"gitea-setup", "vp", "engineer"}),
        ("gitea-admin", {"gitea-setup"}),
        ("./.damascus", {"office"}),
        ("ledger", {"office", "vp", "pm", "sales", "engineer", "staff"}),
        ("engineer-work", {"engineer", "workshop"}),
        ("pm-work", {"pm", "workshop"}),
    ],
)
def test_what_is_secret_or_private_is_mounted_where_it_is_needed_and_nowhere_else(volume: str, who: set[str]) -> None:
    assert {name for name, service in SERVICES.items() if volume in mounted(service)} - {"setup"} == who


@pytest.mark.parametrize("name", ON_THE_BUS[1:])
def test_who_uses_redis_finds_its_own_address_and_the_setup_writes_it(name: str) -> None:
    assert SERVICES[name]["environment"]["REDIS_URL_FILE"] == "/run/secrets/bus/redis_url"
    assert f"bus-{name}:/run/secrets/bus:ro" in SERVICES[name]["volumes"]
    assert f"bus-{name}:/secrets/bus-{name}" in SERVICES["setup"]["volumes"]


@pytest.mark.parametrize("name", ON_THE_BUS[1:-1])
def test_in_a_swarm_too_who_uses_redis_has_its_own_address_only(name: str) -> None:
    service = STACK["services"][name]
    assert [secret for secret in service["secrets"] if secret.startswith("redis")] == [f"redis_url_{name}"]
    assert service["environment"]["REDIS_URL_FILE"] == f"/run/secrets/redis_url_{name}"


def test_model_and_forge_are_reached_by_those_who_need_them_only() -> None:
    on = {name: set(service.get("networks", [])) for name, service in SERVICES.items()}
    assert {name for name in on if "forge" in on[name]} == {"gitea", "gitea-setup"}
    assert {name for name in on if on[name] & {*PUSHES}} == {"vp", "engineer"}
    assert {name for name in on if "upstream" in on[name]} == {"litellm", "rehearsal"}
    assert {name for name in on if "model" in on[name]} == {"litellm", "vp", "pm", "sales", "engineer", "staff"}


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file in (COMPOSE, STACK) for name in AGENTS if name in file["services"]]
)
def test_an_agent_s_networks_lead_nowhere_else(file: dict[str, Any], name: str) -> None:
    """But for who pushes to a Gitea of the CEO's own, which may be anywhere: that is one more network, by GITEA_URL."""
    of = file["services"][name]["networks"]
    inner = {network for network, options in file["networks"].items() if options.get("internal")}
    assert set(of) - {*PUSHES} <= inner
    assert "forge" in inner
    assert bool({*PUSHES} & {*of}) == (name in ("vp", "engineer"))
    assert ("web" in of) == (name in LOOKS_UP)


@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_looks_up_no_names_but_those_of_its_networks(name: str) -> None:
    assert SERVICES[name]["dns"] == ["127.0.0.1"]


def test_only_the_reader_of_pages_reaches_the_search_engine() -> None:
    on = {name: set(service.get("networks", [])) for name, service in SERVICES.items()}
    assert {name for name in on if "search" in on[name]} == {"searxng", "web"}
    assert {name for name in on if "engines" in on[name]} == {"searxng"}
    assert {name for name in on if "outside" in on[name]} == {"web"}
    settings = yaml.safe_load((ROOT / "config/searxng/settings.yml").read_text())
    assert "json" in settings["search"]["formats"]
    assert settings["server"]["limiter"] is False


@pytest.mark.parametrize("services", [SERVICES, STACK["services"]], ids=["compose", "swarm"])
def test_no_container_has_a_docker_socket(services: dict[str, Any]) -> None:
    assert not [name for name, service in services.items() if "docker.sock" in str(service)]


def test_every_variable_of_the_compose_file_is_told_in_env_example() -> None:
    told = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    used = set(re.findall(r"\$\{([A-Z][A-Z0-9_]*)", TEXT))
    assert used - told - KNOWN_ELSEWHERE == set()


@pytest.mark.parametrize("name", sorted(STACK["services"]))
def test_a_swarm_s_containers_are_as_confined_as_a_swarm_can(name: str) -> None:
    service = STACK["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["user"] not in ("", "root", "0", "0:0")
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert service["deploy"]["endpoint_mode"] == "dnsrr"
    assert "ports" not in service
