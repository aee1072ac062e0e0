"""Messages over Redis: sent in one MULTI to stream and channel, received by consumer groups, at least once.

Exactly-once is not promised here: the receiver's ledger sees to it (`messages.handled_at`).
"""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import AuthenticationError, OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import ConnectionError as LineDead

from damascus.bus.keys import Keys
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, Misconfigured, Unavailable
from damascus.core.messages import Message

log = logging.getLogger(__name__)
Value = TypeVar("Value")

FIELD = "message"
COMMAND_SECONDS = 5
READ_SECONDS = 15  # a peer that says nothing for so long is dead
CONNECTIONS = 16  # at once: commands are short
LISTENERS = 256
FORM = "redis://[:PASSWORD@]HOST[:PORT][/0], with special characters of the password percent-encoded"
PING_SECONDS = 5
RETRIES = 2
LONGEST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One stream entry: its message, or the problem with what was found there."""

    entry_id: str
    raw: str
    message: Message | None
    problem: str | None


class Bus:
    """The company's Redis at `url`; every method raises Unavailable when Redis does not do its part."""

    def __init__(
        self, url: str, prefix: str, maxlen: int, clock: Clock, *,
        ping_seconds: float = PING_SECONDS, read_seconds: float = READ_SECONDS,
    ) -> None:  # fmt: skip
        self.keys = Keys(prefix)
        self._ping_seconds, self._read_seconds = ping_seconds, read_seconds
        self._maxlen = maxlen
        self._clock = clock
        retry = Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), RETRIES)
        try:
            self._where = _without_password(url)
            self._commands = _client(url, CONNECTIONS, socket_timeout=COMMAND_SECONDS, retry=retry)
            # listening waits on purpose: redis-py's default timeout of 5 s would cut it off
            self._reads = _client(url, LISTENERS, socket_timeout=read_seconds)
        except ValueError:
            # not the library's own words: they quote the part that it did not understand, which may be the password
            raise Misconfigured(f"redis.url (REDIS_URL) is not usable: expected {FORM}") from None

    async def close(self) -> None:
        await self._commands.aclose()
        await self._reads.aclose()

    async def ping(self) -> None:
        await self._do(self._commands.ping())

    async def send(self, message: Message) -> None:
        await self.send_many([message])

    async def send_many(self, messages: Sequence[Message]) -> None:
        """Append each message to its stream and publish it on the channel of the same name, all in one MULTI."""
        pipeline = self._commands.pipeline(transaction=True)
        for message in messages:
            name, text = self.keys.of(message), message.to_json()
            pipeline.xadd(name, {FIELD: text}, maxlen=self._maxlen, approximate=True)
            pipeline.publish(name, text)
        await self._do(pipeline.execute())

    async def receive(self, role: str, consumer: str, count: int) -> list[Delivery]:
        """New messages to a role, at most `count`; waits for none (doorbell.py does)."""
        stream = self.keys.channel(role)
        answer = await self._in_group(
            role, lambda: self._commands.xreadgroup(role, consumer, {stream: ">"}, count=count)
        )
        return [_delivery(*entry) for _, entries in answer or [] for entry in entries]

    async def reclaim(self, role: str, consumer: str, min_idle_ms: int) -> list[Delivery]:
        """Take over what any consumer of the role received that long ago and never acknowledged."""
        stream = self.keys.channel(role)
        answer = await self._in_group(
            role, lambda: self._commands.xautoclaim(stream, role, consumer, min_idle_ms, count=100)
        )
        return [_delivery(*entry) for entry in answer[1]]

    async def ack(self, role: str, entry_ids: Sequence[str]) -> None:
        """The handling of these entries has committed."""
        if entry_ids:
            await self._do(self._commands.xack(self.keys.channel(role), role, *entry_ids))

    async def publish_live(self, task_id: str, text: str) -> None:
        """Partial model output; whoever does not listen misses it."""
        await self._do(self._commands.publish(self.keys.live(task_id), text))

    async def publish_change(self, seq: int) -> None:
        """Tell readers of the log to look at the ledger."""
        await self._do(self._commands.publish(self.keys.changes, json.dumps({"seq": seq})))

    async def subscribe(
        self, *channels: str, heard: Callable[[str], None] | None = None
    ) -> AsyncIterator[tuple[str, str]]:
        """What is published on `channels` (`*` matches), as (channel, text); survives lost connections.

        `heard` is called with each of `channels` once it is listened to, at the beginning and after each loss.
        """
        failures = 0
        while True:
            try:
                async with self._reads.pubsub() as listener:
                    await _heeding(listener.psubscribe(*channels))
                    failures, last, asked = 0, self._clock.monotonic(), 0.0
                    while True:
                        said = await _heeding(listener.get_message(timeout=self._ping_seconds))
                        if said is not None:
                            if said["type"] == "pmessage":
                                yield said["channel"], said["data"]
                            elif said["type"] == "psubscribe" and heard:
                                heard(said["channel"])
                            last = self._clock.monotonic()
                            continue
                        now = self._clock.monotonic()
                        if now - last > self._read_seconds:
                            raise LineDead("it has answered no ping")
                        if now - max(last, asked) >= self._ping_seconds:
                            # a silent channel may be a dead peer: a ping tells
                            asked = now
                            await _heeding(listener.ping())
            except RedisError as error:
                failures += 1
                log.info("lost the channels of Redis at %s: %s", self._where, error)
                await self._clock.sleep(_pause(failures))

    async def _in_group(self, role: str, command: Any) -> Any:
        """Run a consumer group's command; make the group (again) when it is not there."""
        for _ in range(3):
            try:
                return await _heeding(command())
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise self._unavailable(error) from error
                await self._make_group(role)
            except RedisError as error:
                await self._clock.sleep(_pause(1))
                raise self._unavailable(error) from error
        raise Unavailable(f"Redis at {self._where} loses the group {role!r} again and again")

    async def _make_group(self, role: str) -> None:
        try:
            # from 0: what lay in the stream before the group was there is work too
            await _heeding(self._commands.xgroup_create(self.keys.channel(role), role, id="0", mkstream=True))
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise self._unavailable(error) from error
        except RedisError as error:
            raise self._unavailable(error) from error

    async def _do(self, command: Awaitable[Value]) -> Value:
        try:
            return await _heeding(command)
        except (RedisError, OSError, asyncio.IncompleteReadError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> Unavailable:
        if isinstance(error, OutOfMemoryError) or "OOM" in str(error):
            return Unavailable(f"Redis at {self._where} is out of memory: raise `maxmemory` in redis.conf")
        if isinstance(error, AuthenticationError):
            return Unavailable(f"Redis at {self._where} refuses the password: mend it in redis.url (REDIS_URL)")
        return Unavailable(f"Redis at {self._where} does not answer ({error}); see .damascus/logs/redis.log")


async def _heeding(command: Awaitable[Value]) -> Value:
    """What a command comes to, unless its caller was cancelled meanwhile.

    Before Python 3.12 `wait_for`, with which redis-py sends, drops a cancellation that comes as the sending ends.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        return await command
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError


def _client(url: str, connections: int, **options: Any) -> redis.Redis:
    # anybody may write any bytes: what is not UTF-8 must arrive as a bad message, not end the reader
    # who finds all connections in use waits for one
    pool = redis.BlockingConnectionPool.from_url(
        url, max_connections=connections, decode_responses=True, encoding_errors="replace", **options
    )
    return redis.Redis.from_pool(pool)


def _delivery(entry_id: str, fields: dict[str, str] | None) -> Delivery:
    raw = (fields or {}).get(FIELD, "")
    try:
        return Delivery(entry_id, raw, Message.from_json(raw), None)
    except Invalid as error:
        return Delivery(entry_id, raw, None, str(error))


def _pause(failures: int) -> float:
    longest: float = min(0.1 * 2**failures, LONGEST_PAUSE)
    return random.uniform(0.5, 1.0) * longest  # noqa: S311


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path or "(no address)"
