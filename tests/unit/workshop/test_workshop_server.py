"""What the workshop's server holds its callers to, and how it starts."""

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.core.errors import Invalid
from tests.fixtures.workshop_server import ROOT, WorkshopServer, workshop_server


@pytest.fixture
def server(workspace: Path) -> Iterator[WorkshopServer]:
    """For the workspaces beside `workspace`, not for all of the test's folder."""
    with workshop_server(workspace.parent) as started:
        yield started


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkshopServer]:
    """For the stories that leave it as it is."""
    workspaces = tmp_path_factory.mktemp("company") / "shared" / "code"
    workspaces.mkdir(parents=True)
    with workshop_server(workspaces) as started:
        yield started


@pytest.fixture
def shared_workspace(shared_server: WorkshopServer) -> Iterator[Path]:
    """The one workspace there is; whatever lies beside it in the end is removed."""
    place = shared_server.root / "task"
    place.mkdir()
    yield place
    for left in shared_server.root.iterdir():
        left.unlink() if left.is_symlink() else shutil.rmtree(left)


@pytest.mark.parametrize(
    "name", ["..", "../..", "task/../..", "way-out", "way-out/secret", "", ".", "task/file", "nowhere", "/etc", "\0"]
)
async def test_only_folders_below_the_workspaces_are_worked_in(
    shared_server: WorkshopServer, shared_workspace: Path, name: str
) -> None:
    company = shared_server.root.parents[1]
    (company / ".damascus/secret").mkdir(parents=True, exist_ok=True)
    (shared_server.root / "way-out").symlink_to(company / ".damascus")
    (shared_workspace / "file").touch()

    with pytest.raises(Invalid, match=r"not below|is not a directory"):
        await shared_server.workshop().run("touch ran", shared_server.root / name)

    assert not list(company.rglob("ran"))


async def test_a_link_that_stays_below_the_workspaces_is_followed(
    shared_server: WorkshopServer, shared_workspace: Path
) -> None:
    alias = shared_server.root / "alias"
    alias.symlink_to(shared_workspace)

    assert (await shared_server.workshop().run("pwd", alias)).output == f"{shared_workspace}\n"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"command": "true"}', b'{"command": "true", "workspace": 5}', b"x" * (5 << 20),
     b'{"command": "true", "workspace": "/", "root": true}', b'{"id": "1", "command": "true", "workspace": "/"}'],
)  # fmt: skip
async def test_what_is_no_order_is_refused_in_one_line(shared_server: WorkshopServer, body: bytes) -> None:
    async with shared_server.http() as http:
        answer = await http.post("/runs", content=body)

    assert answer.status_code == 422
    assert "run request" in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


async def test_a_caller_cannot_raise_the_servers_limits(server: WorkshopServer, workspace: Path) -> None:
    (server.folder / "config.yaml").write_text("workshop: {seconds: 1}\n")
    server.kill()
    server.start()
    async with server.http() as http:
        order = {"id": "0" * 32, "command": "sleep 60", "workspace": str(workspace), "seconds": 1e9}
        answer = await http.post("/runs", content=json.dumps(order))

    assert answer.json()["timed_out"] is True


async def test_no_other_user_and_no_command_can_open_the_socket(server: WorkshopServer, workspace: Path) -> None:
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o600

    result = await server.workshop().run(f"ls {server.folder}; cat {server.log}; : > {server.socket}.lock", workspace)

    assert result.output.count("denied") == 3, result.output


async def test_a_killed_servers_socket_is_taken_over_but_a_living_ones_is_not(
    server: WorkshopServer, workspace: Path
) -> None:
    server.kill()
    assert server.socket.exists()
    server.start()

    assert server.spawn().wait(60) == 2
    assert "another workshop is already listening at" in server.log.read_text()

    assert (await server.workshop().run("echo still", workspace)).output == "still\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--socket", "nowhere/s", "--workspaces", "."], "cannot listen at nowhere/s: No such file or directory"),
        (["--socket", "x" * 120, "--workspaces", "."], "cannot listen at xxx"),
        (["--socket", "s", "--workspaces", "nowhere"], "--workspaces nowhere is not a directory; mount"),
        (["--socket", "s"], "required: --workspaces"),
    ],
)
def test_a_wrong_start_ends_with_the_reason(tmp_path: Path, words: list[str], reason: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "damascus.workshop.server", *words],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


async def test_the_health_check_of_the_image_tells_a_living_server_from_a_dead_one(server: WorkshopServer) -> None:
    check = [str(ROOT / "scripts" / "healthy"), f"unix:{server.socket}:/health"]
    well = subprocess.run(check, capture_output=True, text=True)
    server.kill()
    dead = subprocess.run(check, capture_output=True, text=True)

    assert (well.returncode, json.loads(well.stdout)["status"]) == (0, "ok")
    assert dead.returncode == 1
    assert "refused" in dead.stdout
