"""Well means that it works: a Redis that answers but refuses the company's work is found out, and said in words."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis.asyncio as redis

from damascus.bus.acl import CEO, OFFICE
from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.messages import Message, MessageType
from damascus.supervisor.redis_server import RedisServer

ROLES = ("vp", "pm")


def bus_at(url: str, prefix: str = "damascus") -> Bus:
    return Bus(url, prefix, 1000, SystemClock())


@asynccontextmanager
async def served(folder: Path, *lines: str) -> AsyncIterator[RedisServer]:
    """A server with these lines in its configuration."""
    conf = folder / "redis.conf"
    conf.write_text("\n".join(["save ''", *lines, ""]))
    server = RedisServer(folder / "data", conf, SystemClock(), folder / "redis.log", roles=ROLES)
    await server.start()
    yield server
    server.stop()


async def refusal(bus: Bus, name: str = "vp") -> str:
    with pytest.raises(Unavailable) as error:
        await bus.check(name)
    assert "\n" not in str(error.value)
    return str(error.value)


async def told(server: RedisServer, *commands: tuple[str, ...]) -> None:
    founder = redis.from_url(server.url)
    for command in commands:
        await founder.execute_command(*command)
    await founder.aclose()


async def test_each_user_may_do_what_its_process_does_and_the_inboxes_stay_as_they_are(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        founder = redis.from_url(server.url)
        for name in ROLES:
            bus = bus_at(server.urls[name])
            for _ in range(3):
                await bus.check(name)
            await bus.close()
        office = bus_at(server.urls[OFFICE])
        await office.check(OFFICE, reads=False)
        await office.close()
        assert await founder.keys("damascus:vp") == []
        assert await founder.xlen("damascus:check:vp") == 1
        assert (await founder.xpending("damascus:check:vp", "vp"))["pending"] == 0
        await founder.aclose()


async def test_a_role_cannot_look_in_anothers_name(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        bus = bus_at(server.urls["pm"])
        assert "does not allow this user to do that" in await refusal(bus, "vp")
        await bus.close()


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ([("CONFIG", "SET", "maxmemory", "1")], "is out of memory: raise `maxmemory`"),
        ([("REPLICAOF", "127.0.0.1", "1")], "is a replica, which takes no writes: point redis.url"),
        ([("CONFIG", "SET", "min-replicas-to-write", "1")], "fewer replicas than `min-replicas-to-write`"),
        ([("SET", "damascus:check:vp", "a word")], "another program's data under the company's names"),
        ([("ACL", "SETUSER", "founder", "-xadd")], "does not allow this user to do that"),
        ([("ACL", "SETUSER", "founder", "-publish")], "does not allow this user to do that"),
        ([("ACL", "SETUSER", "founder", "-xreadgroup")], "does not allow this user to do that"),
        ([("ACL", "SETUSER", "founder", "-xautoclaim")], "does not allow this user to do that"),
        ([("ACL", "SETUSER", "founder", "resetchannels")], "does not allow this user to do that"),
        ([("ACL", "SETUSER", "founder", "resetkeys", "~other:*")], "does not allow this user to do that"),
    ],
)
async def test_what_refuses_work_is_said_though_it_answers_a_ping(
    tmp_path: Path, commands: list[tuple[str, ...]], said: str
) -> None:
    async with served(tmp_path) as server:
        bus = bus_at(server.url)
        await bus.check("vp")
        await told(server, *commands)
        await bus.ping()
        assert said in await refusal(bus)
        await bus.close()


async def test_it_is_well_again_as_soon_as_the_cause_has_gone(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        bus = bus_at(server.url)
        await told(server, ("CONFIG", "SET", "maxmemory", "1"))
        await refusal(bus)
        await told(server, ("CONFIG", "SET", "maxmemory", "0"))
        await bus.check("vp")
        await bus.close()


async def test_a_redis_that_cannot_save_is_found_out(tmp_path: Path) -> None:
    async with served(tmp_path, "save 3600 1000000", "dbfilename no.rdb") as server:
        bus = bus_at(server.url)
        (tmp_path / "data" / "no.rdb").mkdir()  # what it saves to cannot be replaced
        await told(server, ("BGSAVE",))
        for _ in range(600):
            founder = redis.from_url(server.url)
            failed = (await founder.info("persistence"))["rdb_last_bgsave_status"] != "ok"
            await founder.aclose()
            if failed:
                break
        assert "cannot save its data: make room on its disk" in await refusal(bus)
        await bus.close()


async def test_a_cluster_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        second = free.getsockname()[1]  # the default, 10,000 above the first, may be no port at all
    async with served(tmp_path, "cluster-enabled yes", f"cluster-port {second}") as server:
        bus = bus_at(server.url)
        assert "is a cluster" in await refusal(bus)
        await bus.close()


async def test_a_number_of_a_database_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        bus = bus_at(server.url.removesuffix("/0") + "/99")
        assert "has no database of that number: correct the number at the end of redis.url" in await refusal(bus)
        await bus.close()


async def test_protected_mode_is_named(tmp_path: Path) -> None:
    async with served(tmp_path, "protected-mode yes") as server:
        await told(server, ("ACL", "SETUSER", "default", "on", "nopass", "~*", "&*", "+@all"))
        await told(server, ("CONFIG", "SET", "bind", "0.0.0.0"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.connect(("192.0.2.1", 9))  # sends nothing; says which address of this machine leads out
            address = line.getsockname()[0]
        if address.startswith("127."):
            pytest.skip("this machine has no address but loopback")
        bus = bus_at(f"redis://{address}:{server.url.rpartition(':')[2]}")
        assert "is in protected mode" in await refusal(bus)
        await bus.close()


async def test_no_message_is_quoted_in_what_is_said(tmp_path: Path) -> None:
    async with served(tmp_path) as server:
        bus = bus_at(server.url)
        await told(server, ("CONFIG", "SET", "maxmemory", "1"))
        with pytest.raises(Unavailable, match="out of memory") as error:
            await bus.send(Message(sender="pm", to=CEO, type=MessageType.STATUS, content="what nobody else may read"))
        assert "nobody else" not in str(error.value)
        await bus.close()
