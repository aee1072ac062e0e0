"""What the workshop's server holds its callers to, and how it starts."""

import json
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


@pytest.mark.parametrize(
    "name", ["..", "../..", "task/../..", "way-out", "way-out/secret", "", ".", "task/file", "nowhere", "/etc", "\0"]
)
async def test_only_folders_below_the_workspaces_are_worked_in(
    server: WorkshopServer, workspace: Path, home: Path, name: str
) -> None:
    (home / "secret").mkdir()
    (workspace.parent / "way-out").symlink_to(home)
    (workspace / "file").touch()

    with pytest.raises(Invalid, match=r"not below|is not a directory"):
        await server.workshop().run("touch ran", workspace.parent / name)

    assert not list(home.parent.rglob("ran"))


async def test_a_link_that_stays_below_the_workspaces_is_followed(server: WorkshopServer, workspace: Path) -> None:
    (workspace.parent / "alias").symlink_to(workspace)

    assert (await server.workshop().run("pwd", workspace.parent / "alias")).output == f"{workspace}\n"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b'{"command": "true"}', b'{"command": "true", "workspace": 5}', b"x" * (5 << 20),
     b'{"command": "true", "workspace": "/", "root": true}', b'{"id": "1", "command": "true", "workspace": "/"}'],
)  # fmt: skip
async def test_what_is_no_order_is_refused_in_one_line(server: WorkshopServer, body: bytes) -> None:
    async with server.http() as http:
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
    living = server.process

    assert server.launch().wait(60) == 2
    assert "another workshop is already listening at" in server.log.read_text()

    server._process = living
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
