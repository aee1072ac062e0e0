"""The company's own Redis: private, and never two of them on one folder of data."""

import stat
from pathlib import Path

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.messages import Message, MessageType
from damascus.supervisor.redis_server import RedisServer


def successor(own: RedisServer, tmp_path: Path) -> RedisServer:
    return RedisServer(tmp_path / "a home" / "redis", None, SystemClock(), tmp_path / "successor.log")


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


async def test_who_may_not_read_the_home_may_not_find_the_password(own: RedisServer, tmp_path: Path) -> None:
    for name in ("redis.json", "redis/users.conf"):
        mode = (tmp_path / "a home" / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
