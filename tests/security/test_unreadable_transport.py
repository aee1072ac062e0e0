"""Class: state of the transport outlives the program that can read it. Only the ledger's data may stop a company."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.messages import Message, MessageType
from damascus.supervisor.child import ChildProcess, ProcessSpec
from damascus.supervisor.redis_server import RedisServer, find_server

ROOT = Path(__file__).parents[2]
MESSAGE = Message(sender="vp", to="pm", type=MessageType.STATUS, content="words")


def of_a_later_version(data: Path) -> None:
    (base,) = data.glob("*.base.rdb")
    base.write_bytes(b"REDIS9999" + base.read_bytes()[9:])


def damaged(data: Path) -> None:
    (base,) = data.glob("*.base.rdb")
    base.write_bytes(b"no Redis ever wrote this")


def gone(data: Path) -> None:
    (base,) = data.glob("*.base.rdb")
    base.unlink()


def with_an_unknown_manifest(data: Path) -> None:
    (manifest,) = data.glob("*.manifest")
    manifest.write_text("version 2 of something else\n")


@contextlib.asynccontextmanager
async def supervised(server: RedisServer, log: Path) -> AsyncIterator[None]:
    spec = ProcessSpec("redis", server.prepare(), dict(os.environ), log.parent, log, exit_2_is_final=False)
    child = ChildProcess(spec, SystemClock(), lambda: None)
    keeping = asyncio.create_task(child.keep_running(lambda: True, server.set_aside_if_unreadable))
    try:
        async with asyncio.timeout(60):
            while not server.responds():
                assert not keeping.done(), keeping.exception()
                await asyncio.sleep(0.02)
        yield
    finally:
        await child.stop()
        await keeping


async def receive_all(server: RedisServer) -> int:
    bus = Bus(server.url, "d", 100, SystemClock())
    try:
        return len(await bus.receive("pm", "pm-1", 10))
    finally:
        await bus.close()


@pytest.mark.attack("Redis data that the server cannot read", "stale state of the transport")
@pytest.mark.parametrize("spoil", [of_a_later_version, damaged, gone, with_an_unknown_manifest])
async def test_data_that_redis_cannot_read_are_set_aside_whole_and_it_starts(
    own: RedisServer, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    bus = Bus(own.url, "d", 100, SystemClock())
    await bus.send(MESSAGE)
    await bus.close()
    own.stop()
    folder = tmp_path / "a home" / "redis"
    spoil(folder / "appendonlydir")
    names = {path.name for path in (folder / "appendonlydir").iterdir()}

    async with supervised(own, tmp_path / "supervised.log"):
        assert await receive_all(own) == 0

    (aside,) = folder.glob("unreadable-*/appendonlydir")
    assert {path.name for path in aside.iterdir()} == names


@pytest.mark.attack("Redis that fails for another reason", "stale state of the transport")
async def test_data_that_redis_can_read_stay_when_it_ends_for_another_reason(own: RedisServer, tmp_path: Path) -> None:
    bus = Bus(own.url, "d", 100, SystemClock())
    await bus.send(MESSAGE)
    await bus.close()
    own.kill()
    folder = tmp_path / "a home" / "redis"
    own.set_aside_if_unreadable("# Warning: Could not create server TCP listening socket 127.0.0.1:6379: in use")
    own.set_aside_if_unreadable("Reading RDB base file on AOF loading...\nReady to accept connections tcp\nBye")

    async with supervised(own, tmp_path / "supervised.log"):
        assert await receive_all(own) == 1
    assert not list(folder.glob("unreadable-*"))


def run_as_in_compose(server: RedisServer, tmp_path: Path) -> subprocess.Popen[str]:
    """Start the script that is the container's entry, on the server's own folder, with the program that is here."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    if not (programs / "redis-server").exists():
        (programs / "redis-server").symlink_to(find_server())
    _program, *arguments = server.prepare()
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "REDIS_DATA": str(tmp_path / "a home" / "redis")}
    return subprocess.Popen(
        ["/bin/sh", ROOT / "scripts" / "compose" / "redis.sh", *arguments],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.mark.attack("Redis data that the server in a container cannot read", "stale state of the transport")
async def test_the_container_s_next_start_begins_without_unreadable_data(own: RedisServer, tmp_path: Path) -> None:
    own.stop()
    of_a_later_version(tmp_path / "a home" / "redis" / "appendonlydir")

    first = run_as_in_compose(own, tmp_path)
    output, _ = first.communicate(timeout=60)
    assert first.returncode != 0
    assert "set aside" in output
    second = run_as_in_compose(own, tmp_path)
    try:
        async with asyncio.timeout(60):
            while not own.responds():
                await asyncio.sleep(0.02)
    finally:
        second.terminate()
        output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert "set aside" not in output
    assert not own.responds()
