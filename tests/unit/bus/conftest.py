"""A Redis of a test's own, which the test may stop, kill and fill."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.supervisor.redis_server import RedisServer

CONF = Path(__file__).parents[3] / "redis.conf"


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(tmp_path / "a home" / "redis", CONF, SystemClock(), tmp_path / "redis.log")
    await server.start()
    yield server
    server.stop()
