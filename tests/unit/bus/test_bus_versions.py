"""A Redis by address that is too old is refused in one line; one that tells nothing is not."""

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured
from tests.fixtures.redis_replies import redis_that_says, telling

OLD = "-ERR unknown command `{}`, with args beginning with: \r\n"


async def check(url: str) -> None:
    bus = Bus(url, "d", 10, SystemClock())
    try:
        await bus.check_version()
    finally:
        await bus.close()


async def test_the_redis_of_these_tests_will_do(bus: Bus) -> None:
    await bus.check_version()


@pytest.mark.parametrize("version", ["5.0.14", "6.0.16", "2.8.0"])
async def test_an_old_one_is_named_with_its_version_and_without_its_password(version: str) -> None:
    async with redis_that_says(telling(f"# Server\r\nredis_version:{version}\r\n")) as url:
        with pytest.raises(Misconfigured, match=rf"Redis at 127\.0\.0\.1:\d+ is too old \({version}\)") as refusal:
            await check(url)
    assert "secret" not in str(refusal.value)
    assert "REDIS_URL" in str(refusal.value)


async def test_one_that_does_not_know_the_greeting_is_old() -> None:
    def reply(command: str) -> str:
        return OLD.format(command) if command == "HELLO" else "+OK\r\n"

    async with redis_that_says(reply) as url:
        with pytest.raises(Misconfigured, match="too old"):
            await check(url)


@pytest.mark.parametrize(
    "info", ["redis_version:6.2.0\r\n", "redis_version:7.2.4\r\nvalkey_version:8.1.1\r\n", "# x\r\n"]
)
async def test_one_that_is_new_enough_or_does_not_say_is_taken(info: str) -> None:
    async with redis_that_says(telling(info)) as url:
        await check(url)


async def test_one_that_may_not_tell_or_is_away_is_left_to_what_uses_it() -> None:
    def reply(command: str) -> str:
        if command == "INFO":
            return "-NOPERM this user has no permissions to run the 'info' command\r\n"
        return telling("")(command)

    async with redis_that_says(reply) as url:
        await check(url)
    await check("redis://127.0.0.1:1")
