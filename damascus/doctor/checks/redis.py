"""Redis: it responds, or the company can start its own."""

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.supervisor.redis_server import find_server


async def check_redis(settings: Settings) -> DoctorResult:
    """Ping the configured Redis; without one, find the program that the company would start."""
    if not settings.redis.url:
        return DoctorResult("redis", True, f"the company starts its own: {find_server()}")
    bus = Bus(settings.redis.url, settings.redis.channels.prefix, settings.redis.maxlen, SystemClock())
    try:
        await bus.ping()
        await bus.check_version()
    finally:
        await bus.close()
    return DoctorResult("redis", True, "responds")
