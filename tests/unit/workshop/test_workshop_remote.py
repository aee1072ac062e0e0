"""Behind a socket: whoever dies, leaves or never reads, no command outlives its request, and none runs elsewhere."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from damascus.composition.workshop import choose_workshop
from damascus.core.clock import FixedClock, SystemClock
from damascus.core.errors import Unavailable, WorkshopRefused
from damascus.core.settings import Settings, WorkshopSettings
from damascus.workshop.protocol import RunRequest
from tests.fixtures.processes import of, until
from tests.fixtures.workshop_server import WorkshopServer, workshop_server

ENDLESS = "(setsid sleep 60 &); touch begun; sleep 60"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WorkshopServer]:
    with workshop_server(tmp_path) as started:
        yield started


def body_of(command: str, workspace: Path) -> bytes:
    return RunRequest(command=command, workspace=str(workspace)).model_dump_json().encode()


def send(server: WorkshopServer, body: bytes, length: int | None = None) -> socket.socket:
    """A caller that sends its request and then nothing; it reads only what the test reads."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(server.socket))
    head = f"POST /runs HTTP/1.1\r\nHost: workshop\r\nContent-Length: {length or len(body)}\r\n\r\n"
    line.sendall(head.encode() + body)
    return line


async def test_when_the_server_is_killed_the_command_ends_and_its_caller_is_told(
    server: WorkshopServer, workspace: Path
) -> None:
    running = asyncio.create_task(server.workshop().run(ENDLESS, workspace))
    await until((workspace / "begun").exists)

    server.kill()

    with pytest.raises(Unavailable, match="may or may not have taken effect, so check the files"):
        await running
    await until(lambda: not of(workspace))


async def test_what_commands_find_is_waited_for_longer_than_a_connection(
    server: WorkshopServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("damascus.workshop.remote._CONNECT_SECONDS", 0.2)
    server.process.send_signal(signal.SIGSTOP)
    asking = asyncio.create_task(server.workshop().facts())
    await asyncio.sleep(1)
    server.process.send_signal(signal.SIGCONT)

    assert (await asking).python.startswith("3.")


async def test_when_the_server_is_told_to_stop_it_ends_its_commands_first(
    server: WorkshopServer, workspace: Path
) -> None:
    running = asyncio.create_task(server.workshop().run(ENDLESS, workspace))
    await until((workspace / "begun").exists)

    assert await asyncio.to_thread(server.stop) == 0

    assert of(workspace) == []
    assert not server.socket.exists()
    with pytest.raises(Unavailable, match="the workshop was stopped and has ended the command"):
        await running
    assert "Traceback" not in server.log.read_text()


async def test_when_the_caller_is_killed_its_command_ends_and_others_go_on(
    server: WorkshopServer, workspace: Path
) -> None:
    program = """
import asyncio, pathlib, sys
from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.remote import RemoteWorkshop
workshop = RemoteWorkshop(pathlib.Path(sys.argv[1]), WorkshopSettings(), SystemClock())
asyncio.run(workshop.run(sys.argv[2], pathlib.Path(sys.argv[3])))
"""
    caller = subprocess.Popen([sys.executable, "-c", program, server.socket, ENDLESS, workspace])
    await until((workspace / "begun").exists)
    assert of(workspace)

    caller.send_signal(signal.SIGKILL)
    caller.wait()

    await until(lambda: not of(workspace))
    assert (await server.workshop().run("echo next", workspace)).output == "next\n"


async def test_a_workshop_that_is_gone_is_waited_for_a_while_and_nothing_runs_here_instead(
    tmp_path: Path, workspace: Path
) -> None:
    settings = Settings(workshop=WorkshopSettings(socket=str(tmp_path / "nobody.sock")))
    clock = FixedClock()
    workshop = choose_workshop(settings, clock, tmp_path)

    with pytest.raises(
        WorkshopRefused, match=r"cannot connect to the workshop at .*nobody\.sock.*docker compose logs workshop"
    ):
        await workshop.run("touch ran", workspace)

    assert 29 < clock.monotonic() <= 30
    assert list(workspace.iterdir()) == []
    with pytest.raises(WorkshopRefused, match="cannot connect to the workshop"):
        workshop.check()


async def test_a_workshop_that_comes_back_gets_the_command_that_waited_for_it(
    server: WorkshopServer, workspace: Path
) -> None:
    server.kill()
    waiting = asyncio.create_task(server.workshop().run("echo x >> ran", workspace))
    done, _ = await asyncio.wait([waiting], timeout=0.7)
    assert not done

    server.launch()

    assert (await waiting).exit_code == 0
    assert (workspace / "ran").read_text() == "x\n"


async def test_a_server_that_hangs_is_not_waited_for_without_end(server: WorkshopServer, workspace: Path) -> None:
    impatient = server.workshop(settings=WorkshopSettings(seconds=0.2), wait_seconds=0.5)
    server.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match=r"may or may not have taken effect.*TimeoutError"):
            await impatient.run("true", workspace)
    finally:
        server.process.send_signal(signal.SIGCONT)

    assert (await server.workshop().run("echo awake", workspace)).output == "awake\n"


async def test_the_same_order_twice_at_once_runs_once(server: WorkshopServer, workspace: Path) -> None:
    body = body_of("echo x >> ran; sleep 1", workspace)
    async with server.http() as http:
        first, second = await asyncio.gather(*(http.post("/runs", content=body) for _ in range(2)))

    assert sorted([first.status_code, second.status_code]) == [200, 422]
    assert (workspace / "ran").read_text() == "x\n"
    refused = first if first.status_code == 422 else second
    assert "was already accepted or cancelled" in refused.json()["error"]


async def test_the_same_command_again_is_a_new_run(server: WorkshopServer, workspace: Path) -> None:
    for _ in range(2):
        await server.workshop().run("echo x >> ran", workspace)

    assert (workspace / "ran").read_text() == "x\nx\n"


async def test_a_request_that_was_cancelled_before_it_came_never_begins(
    server: WorkshopServer, workspace: Path
) -> None:
    body = body_of("touch ran", workspace)
    async with server.http() as http:
        for _ in range(2):
            assert (await http.delete(f"/runs/{json.loads(body)['id']}")).status_code == 204
        assert (await http.post("/runs", content=body)).status_code == 422

    assert list(workspace.iterdir()) == []


async def test_a_huge_output_takes_no_memory_on_either_side(server: WorkshopServer, workspace: Path) -> None:
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss

    result = await server.workshop().run("echo first; head -c 200000000 /dev/zero; echo last", workspace)

    assert result.output.startswith("first\n")
    assert result.output.endswith("last\n")
    assert len(result.output) < 4200
    assert process.memory_info().rss - before < 32 << 20


async def test_callers_that_never_read_hold_nobody_up(server: WorkshopServer, workspace: Path) -> None:
    deaf = []
    for n in range(10):
        deaf.append(send(server, body_of(f"head -c 100000 /dev/zero; touch done-{n}", workspace)))
    halting = [send(server, b'{"command": "touch never', 1000) for _ in range(3)]

    await until(lambda: all((workspace / f"done-{n}").exists() for n in range(10)))
    result = await server.workshop().run("echo heard", workspace)

    assert result.output == "heard\n"
    await until(lambda: not of(workspace))
    assert await asyncio.to_thread(server.stop) == 0
    assert not (workspace / "never").exists()
    for line in deaf + halting:
        line.close()


async def test_a_caller_that_hangs_up_in_its_request_starts_nothing(server: WorkshopServer, workspace: Path) -> None:
    body = body_of("touch ran", workspace)
    for cut in (0, 1, len(body) - 1):
        send(server, body[:cut], len(body)).close()

    assert (await server.workshop().run("ls", workspace)).output == ""
    assert "Traceback" not in server.log.read_text()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno", b"SSH-2.0-nothing\r\n", b""])
async def test_a_stranger_at_the_socket_is_one_line_to_the_caller(
    tmp_path: Path, workspace: Path, answer: bytes
) -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    path = tmp_path / "s"
    settings = Settings(workshop=WorkshopSettings(socket=str(path)))
    async with await asyncio.start_unix_server(stranger, path):
        with pytest.raises(Unavailable) as caught:
            await choose_workshop(settings, SystemClock(), tmp_path).run("true", workspace)

    assert "\n" not in str(caught.value)
    assert "the workshop" in str(caught.value)
