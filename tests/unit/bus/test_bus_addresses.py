"""A wrong address or password gets a message that helps and gives no secret away."""

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured, Unavailable
from damascus.supervisor.redis_server import RedisServer


@pytest.mark.parametrize("url", ["redis://:s3cret/word@127.0.0.1:6379", "http://:s3cret@host", "redis://host:99999"])
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="REDIS_URL") as error:
        Bus(url, "d", 100, SystemClock())
    assert "s3cret" not in str(error.value)


async def test_a_wrong_password_is_called_one(own: RedisServer) -> None:
    bus = Bus(own.url.replace("redis://founder:", "redis://founder:wrong"), "d", 100, SystemClock())
    with pytest.raises(Unavailable, match="rejected the password"):
        await bus.ping()
    await bus.close()
