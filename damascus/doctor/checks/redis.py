"""Redis: it takes what the company sends and reads; or the company can start its own."""

import tempfile
from pathlib import Path

from damascus.bus.acl import OFFICE
from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.records.roles import PLANNER
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.supervisor.redis_server import RedisServer, find_server

NAME = "doctor"


async def check_redis(settings: Settings) -> DoctorResult:
    """Send, publish, receive and claim at the configured Redis, or at one that is started for it and ended again."""
    if settings.redis.url:
        await _use(settings, settings.redis.url, NAME)
        return DoctorResult("redis", True, "takes messages, gives them back, publishes")
    with tempfile.TemporaryDirectory(prefix="damascus-redis-") as folder:
        prefix = settings.redis.channels.prefix
        server = RedisServer(
            Path(folder) / "data", None, SystemClock(), Path(folder) / "log", roles=[PLANNER], prefix=prefix
        )
        try:
            await server.start()
            for name in (OFFICE, PLANNER):
                await _use(settings, server.urls[name], name, reads=name != OFFICE)
        finally:
            server.stop()
    return DoctorResult("redis", True, f"the company starts its own: {find_server()}")


async def _use(settings: Settings, url: str, name: str, *, reads: bool = True) -> None:
    bus = Bus(url, settings.redis.channels.prefix, settings.redis.maxlen, SystemClock())
    try:
        if settings.redis.url:
            await bus.check_version()
        await bus.check(name, reads=reads)
    finally:
        await bus.close()
