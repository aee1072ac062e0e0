"""The workshop's image under the limits of docker-compose.yml: its tests pass inside it, and it serves from there."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.images import CONFINED, JAILS, ROOT, build, confined, docker, jailing

SERVER = ("python3", "-m", "damascus.workshop.server", "--socket", "/v/workshop.sock", "--workspaces", "/v")
CLIENT = """
import asyncio, os, pathlib, sys
from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.remote import RemoteWorkshop
place = pathlib.Path("/v/code/task")
place.mkdir(parents=True, exist_ok=True)
(place / "requirements.txt").write_text("pytest\\ntabulate\\n")
(place / "package.json").write_text('{"dependencies": {"left-pad": "*"}}')
workshop = RemoteWorkshop(pathlib.Path("/v/workshop.sock"), WorkshopSettings(), SystemClock())
print(asyncio.run(workshop.run(sys.argv[1], place)).output)
"""


@pytest.fixture
def serving(workshop_image: str, volume: str) -> str:
    """A workshop that serves from a container of its own on a new volume; the container's id."""
    on = ("--detach", "--user", "1000:1000", *JAILS, "--volume", f"{volume}:/v")
    confined(workshop_image, "true", more=("--volume", f"{volume}:/workspaces"))  # the volume takes that folder's mode
    container = docker("run", *on, workshop_image, *SERVER).strip()
    check = ("exec", container, "healthy", "unix:/v/workshop.sock:/health")
    until(lambda: '"ok"' in docker(*check, check=False), lambda: docker("logs", container, check=False))
    return container


def until(holds: Callable[[], bool], why: Callable[[], str] = str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, why()
        time.sleep(0.2)


def ask(image: str, volume: str, command: str) -> list[str]:
    """The words of `docker run` for a caller in a container of its own."""
    on = ["--rm", "--user", "1000:1000", *CONFINED, "--volume", f"{volume}:/v"]
    return ["docker", "run", *on, image, "python3", "-c", CLIENT, command]


FACTS = """
import asyncio
from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.tools.terminal.run_command import describe
from damascus.workshop.local import LocalWorkshop
facts = asyncio.run(LocalWorkshop(WorkshopSettings(), SystemClock(), alone=True).facts())
print(facts.loopback, facts.browser.split(".")[0].isdigit(), facts.has_working_browser)
print(describe(facts))
"""


def test_with_its_profile_each_task_has_a_loopback_and_a_browser(workshop_image: str) -> None:
    said = jailing(workshop_image, "python3", "-c", FACTS)
    assert said.startswith("own True True\n")
    assert "127.0.0.1 is the task's own" in said


def test_without_it_the_tool_says_that_the_loopback_is_shared(workshop_image: str) -> None:
    said = confined(workshop_image, "python3", "-c", FACTS)
    assert said.startswith("shared True False\n")
    assert "127.0.0.1 is shared with other tasks' commands" in said


@pytest.mark.timeout(600)
def test_the_jail_holds_inside_the_container(workshop_image: str) -> None:
    tests = build(
        "tests/docker/Dockerfile", "damascus-frontier:tested-inside", "--build-arg", f"IMAGE={workshop_image}"
    )
    said = jailing(
        tests, "env", "CI=1", "python3", "-m", "pytest", "-p", "no:cacheprovider", "tests/unit/workshop",
        "tests/security/test_jail_network.py", "tests/contracts/test_workshop_contract.py", check=False,
    )  # fmt: skip
    assert " passed" in said.splitlines()[-1], said
    assert "failed" not in said.splitlines()[-1], said


def test_a_command_of_another_container_runs_on_the_shared_volume(
    company_image: str, serving: str, volume: str
) -> None:
    command = (
        "pwd; id -u; node -p 6*7; printf 'int main(){return 0;}' > a.c && gcc a.c && ./a.out && echo compiled;"
        "python3 -m pytest --version; ls /v; ls /run; ls /company"
    )
    done = subprocess.run(ask(company_image, volume, command), capture_output=True, text=True)

    lines = done.stdout.splitlines()
    assert lines[:4] == ["/v/code/task", "1000", "42", "compiled"], done.stderr
    assert lines[4].startswith("pytest ")
    assert done.stdout.count("denied") == 3


def test_when_the_callers_container_is_killed_the_command_ends(company_image: str, serving: str, volume: str) -> None:
    caller = subprocess.Popen(ask(company_image, volume, "touch begun; sleep 55"))
    until(lambda: "sleep 55" in docker("top", serving))

    for container in docker("ps", "-q", "--filter", f"volume={volume}", "--no-trunc").split():
        if container != serving:
            docker("kill", container)

    caller.wait()
    until(lambda: "sleep 55" not in docker("top", serving))


def test_the_service_has_no_network_but_loopback_and_no_secret(serving: str) -> None:
    assert docker("exec", serving, "ls", "/sys/class/net").split() == ["lo"]
    names = {line.partition("=")[0] for line in docker("exec", serving, "env").splitlines()}
    assert not {name for name in names if any(word in name for word in ("TOKEN", "KEY", "SECRET", "PASS", "URL"))}


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("engine")
def test_a_users_lists_are_built_in(tmp_path: Path) -> None:
    context = tmp_path / "context"
    for name in ("agents", "config", "damascus", "dashboard", "playbooks", "scripts", "tests/browser"):
        shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for name in (".dockerignore", "ceo_cli.py", "config.yaml", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, context)
    shutil.copy(ROOT / "Makefile", context)
    (context / ".venv").symlink_to(ROOT / ".venv")
    lists = context / "config" / "workshop"
    with (lists / "pip.txt").open("a") as pip:
        pip.write("tabulate  # tables\n")
    subprocess.run(["npm", "install", "--package-lock-only", "--silent", "left-pad"], cwd=lists / "npm", check=True)
    subprocess.run(["make", "--old-file=setup", "lock"], cwd=context, check=True)

    image = build(
        str(context / "agents/Dockerfile"), "damascus-frontier:tested-lists", "--target", "workshop",
        context=str(context),
    )  # fmt: skip

    assert confined(image, "python3", "-c", "import tabulate; print(tabulate.tabulate([[1]]))").strip()
    jailed = CLIENT.split("workshop =")[0].replace("/v/", "/tmp/v/") + (
        "from damascus.workshop.local import LocalWorkshop\n"
        "workshop = LocalWorkshop(WorkshopSettings(), SystemClock())\n"
        "print(asyncio.run(workshop.run(sys.argv[1], place)).output)\n"
    )
    command = "node -p 'require(\"left-pad\")(7, 3, 0)'; python3 -c 'import tabulate'"
    said = confined(image, "python3", "-c", jailed, command)
    assert said.strip() == "007"
