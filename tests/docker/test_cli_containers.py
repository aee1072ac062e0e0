"""`ceo` beside real containers: those of this folder's compose project, and no others."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.fixtures.images import base_image, docker

ROOT = Path(__file__).parents[2]
FILE = """
x-quick: &quick {image: %s, init: true, command: [sleep, "600"], stop_grace_period: 0s}
services:
  well:
    <<: *quick
    healthcheck: {test: "true", interval: 1s}
    labels: {damascus.scales: "yes"}
  ill: {<<: *quick, healthcheck: {test: "echo the disk is full; exit 1", interval: 1s, retries: 1}}
  once: {<<: *quick, command: ["true"], restart: "no"}
  fallen: {<<: *quick, command: [sh, -c, "echo the last words; exit 3"]}
"""
Ceo = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(engine: None, tmp_path: Path) -> Iterator[Path]:
    """A company's folder in which `docker compose up` has run."""
    name = f"damascus-test-{uuid4().hex[:8]}"
    (tmp_path / "docker-compose.yml").write_text(FILE % base_image())
    (tmp_path / ".env").write_text(f"COMPOSE_PROJECT_NAME={name}\n")
    (tmp_path / "config.yaml").write_text("company: {home: .damascus}\n")
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "startup.yaml").write_text("summary: x\n")
    (tmp_path / ".damascus").mkdir()
    (tmp_path / ".damascus" / "containers").touch()
    compose = ("compose", "--project-directory", str(tmp_path))
    docker(*compose, "up", "--detach", "--wait", "well")
    docker(*compose, "up", "--detach")
    yield tmp_path
    docker(*compose, "down", "--volumes")


@pytest.fixture
def ceo(folder: Path) -> Ceo:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OFFICE_", "COMPOSE_", "LLM_"))}

    def type_in(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "ceo_cli.py"), *words]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)

    return type_in


def containers(ceo: Ceo) -> dict[str, tuple[str, bool, str]]:
    listed = json.loads(ceo("status", "--json").stdout)["containers"]
    return {one["service"]: (one["state"], one["ok"], one["reason"]) for one in listed}


def test_status_says_of_each_service_how_it_is_and_why_it_is_not_well(ceo: Ceo) -> None:
    found = containers(ceo)
    for _ in range(60):
        if found["ill"][0] == "unhealthy":
            break
        found = containers(ceo)
    assert found["well"] == ("healthy", True, "")
    assert found["once"] == ("done", True, "")
    assert found["ill"] == ("unhealthy", False, "the disk is full")
    assert found["fallen"] == ("exited", False, "exit 3: the last words")


def test_no_second_company_is_started_beside_the_containers_of_this_folder(ceo: Ceo, folder: Path) -> None:
    for command in (("run", "Do it"), ("up", "--detach"), ("down",)):
        refused = ceo(*command)
        assert refused.returncode == 2
        assert "docker compose down" in refused.stderr
    assert not (folder / ".damascus" / "supervisor.lock").exists()


def test_logs_shows_what_a_service_said_and_names_those_there_are(ceo: Ceo) -> None:
    assert "the last words" in ceo("logs", "fallen").stdout
    unknown = ceo("logs", "fellen")
    assert unknown.returncode == 2
    assert "fallen" in unknown.stderr


def test_scale_makes_more_of_a_role_and_of_nothing_else(ceo: Ceo, folder: Path) -> None:
    assert ceo("scale", "well=2").returncode == 0
    names = docker("compose", "--project-directory", str(folder), "ps", "--format", "{{.Service}}").split()
    assert names.count("well") == 2
    for wrong in ("ill=2", "well=many", "well=-1"):
        assert ceo("scale", wrong).returncode == 2


def test_containers_of_another_folder_are_not_ours(ceo: Ceo, folder: Path) -> None:
    elsewhere = folder / "elsewhere"
    (elsewhere / ".damascus").mkdir(parents=True)
    (elsewhere / ".damascus" / "containers").touch()
    (elsewhere / "config.yaml").write_text("company: {home: .damascus}\n")
    command = [sys.executable, str(ROOT / "ceo_cli.py"), "status", "--json"]
    said = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False).stdout
    assert json.loads(said)["containers"] == []
