"""Messages over Redis: sent in one MULTI to stream and channel, received by consumer groups, at least once.

Not promised: exactly once; the receiver's ledger sees to that (`messages.handled_at`).
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
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from damascus.bus.keys import Keys
from damascus.bus.redis_errors import words_for
from damascus.core.backoff import Backoff
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, Misconfigured, Unavailable
from damascus.core.messages import Message
from damascus.core.minimums import NEEDED, is_older

log = logging.getLogger(__name__)
ReplyT = TypeVar("ReplyT")

MESSAGE_FIELD = "message"
MIN_VERSION = NEEDED["redis_url"].version
COMMAND_TIMEOUT_SECONDS = 5
PING_SECONDS = 5  # without a message on a channel before the connection is tested
READ_TIMEOUT_SECONDS = 15  # without a response to pings before a connection counts as dead
MAX_CONNECTIONS = 16  # commands are short
MAX_LISTENERS = 256
RECLAIM_BATCH = 100
MAX_GROUP_ATTEMPTS = 3
URL_FORM = "redis://[:PASSWORD@]HOST[:PORT][/0], with special characters of the password percent-encoded"
MAX_COMMAND_RETRIES = 2
RECONNECT_BACKOFF = Backoff(first_seconds=0.2, max_seconds=2)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One stream entry: its message, or the problem with what was found there."""

    entry_id: str
    raw: str
    message: Message | None
    problem: str | None


class Bus:
    """The company's Redis at `url`; every method raises Unavailable if Redis fails, but `subscribe`, which retries.

    `ping_seconds` and `read_seconds` are how soon a silent connection is tested and given up.
    """

    def __init__(
        self, url: str, prefix: str, maxlen: int, clock: Clock, *,
        ping_seconds: float = PING_SECONDS, read_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:  # fmt: skip
        self.keys = Keys(prefix)
        self._ping_seconds, self._read_seconds = ping_seconds, read_seconds
        self._maxlen = maxlen
        self._clock = clock
        retry = Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), MAX_COMMAND_RETRIES)
        try:
            self._where = _without_password(url)
            self._commands = _client(url, MAX_CONNECTIONS, socket_timeout=COMMAND_TIMEOUT_SECONDS, retry=retry)
            # listening waits on purpose: redis-py's default timeout of 5 s would cut it off
            self._reads = _client(url, MAX_LISTENERS, socket_timeout=read_seconds)
        except ValueError:
            # the library's message would quote the part that it did not understand, which may be the password
            raise Misconfigured(f"redis.url (REDIS_URL) is not usable: expected {URL_FORM}") from None

    async def close(self) -> None:
        await self._commands.aclose()
        await self._reads.aclose()

    async def ping(self) -> None:
        await self._do(self._commands.ping())

    async def check_version(self) -> None:
        """Raise Misconfigured if this Redis is too old; one that is away, or may not tell, is left to what uses it."""
        try:
            told = await _preserving_cancellation(self._commands.info("server"))
            version = str(told.get("redis_version", ""))
        except ResponseError as error:
            if "unknown command" not in str(error).lower():
                return
            version = "before 6.0"  # it does not know the greeting
        except (RedisError, OSError, asyncio.IncompleteReadError):
            return
        if is_older(version, MIN_VERSION):
            raise Misconfigured(
                f"Redis at {self._where} is too old ({version}): update it to {MIN_VERSION} or newer, or leave "
                "REDIS_URL empty and the company starts its own"
            )

    async def check(self, name: str, *, reads: bool = True) -> None:
        """Do what a process does here, on a stream of its own that nobody else reads, and leave one entry there.

        It sends and publishes in one MULTI and, with `reads`, receives in a group, claims and acknowledges. `name` is
        the role, or that of the program that asks. Raises Unavailable, with what is wrong and what to do.
        """
        key = self.keys.check(name)
        pipeline = self._commands.pipeline(transaction=True)
        pipeline.xadd(key, {MESSAGE_FIELD: ""}, maxlen=1, approximate=False)
        pipeline.publish(key, "")
        await self._do(pipeline.execute())
        if reads:
            await self._do(self._receive_check(key, name))

    async def _receive_check(self, key: str, name: str) -> None:
        try:
            await self._commands.xgroup_create(key, name, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        await self._commands.xreadgroup(name, name, {key: ">"}, count=1)
        claimed = await self._commands.xautoclaim(key, name, name, 0, count=RECLAIM_BATCH)
        if found := [entry_id for entry_id, _ in claimed[1]]:
            await self._commands.xack(key, name, *found)

    async def send(self, message: Message) -> None:
        await self.send_many([message])

    async def send_many(self, messages: Sequence[Message]) -> None:
        """Append each message to its stream and publish it on the channel of the same name, all in one MULTI."""
        pipeline = self._commands.pipeline(transaction=True)
        for message in messages:
            name, text = self.keys.of(message), message.to_json()
            pipeline.xadd(name, {MESSAGE_FIELD: text}, maxlen=self._maxlen, approximate=True)
            pipeline.publish(name, text)
        await self._do(pipeline.execute())

    async def receive(self, role: str, consumer: str, count: int) -> list[Delivery]:
        """Return new messages to a role, at most `count`, without waiting for any (doorbell.py does)."""
        stream = self.keys.channel(role)
        reply = await self._in_group(
            role, lambda: self._commands.xreadgroup(role, consumer, {stream: ">"}, count=count)
        )
        return [_delivery(*entry) for _, entries in reply or [] for entry in entries]

    async def reclaim(self, role: str, consumer: str, min_idle_ms: int) -> list[Delivery]:
        """Take over messages that a consumer of the role received at least that long ago and never acknowledged."""
        stream = self.keys.channel(role)
        reply = await self._in_group(
            role, lambda: self._commands.xautoclaim(stream, role, consumer, min_idle_ms, count=RECLAIM_BATCH)
        )
        return [_delivery(*entry) for entry in reply[1]]

    async def ack(self, role: str, entry_ids: Sequence[str]) -> None:
        """Acknowledge entries; their handling has committed."""
        if entry_ids:
            await self._do(self._commands.xack(self.keys.channel(role), role, *entry_ids))

    async def publish_live(self, task_id: str, text: str) -> None:
        """Publish partial model output. Not promised: that it is ever received."""
        await self._do(self._commands.publish(self.keys.live(task_id), text))

    async def publish_change(self, seq: int) -> None:
        """Tell followers of the event log that the ledger has an event with this number."""
        await self._do(self._commands.publish(self.keys.changes, json.dumps({"seq": seq})))

    async def subscribe(
        self, *channels: str, on_subscribed: Callable[[str], None] | None = None
    ) -> AsyncIterator[tuple[str, str]]:
        """Yield what is published on `channels` (`*` matches), as (channel, text), until cancelled.

        Reconnects when the connection is lost; what is published meanwhile is missed. So `on_subscribed` is called with
        each of `channels` when it is listened to again, and at the beginning.
        """
        failures = 0
        while True:
            try:
                async with self._reads.pubsub() as listener:
                    await _preserving_cancellation(listener.psubscribe(*channels))
                    failures, last_heard, last_ping = 0, self._clock.monotonic(), 0.0
                    while True:
                        heard = await _preserving_cancellation(listener.get_message(timeout=self._ping_seconds))
                        if heard is not None:
                            if heard["type"] == "pmessage":
                                yield heard["channel"], heard["data"]
                            elif heard["type"] == "psubscribe" and on_subscribed:
                                on_subscribed(heard["channel"])
                            last_heard = self._clock.monotonic()
                            continue
                        now = self._clock.monotonic()
                        if now - last_heard > self._read_seconds:
                            raise RedisConnectionError("no response to pings")
                        if now - max(last_heard, last_ping) >= self._ping_seconds:
                            # a channel without messages may be a dead peer: a ping tells
                            last_ping = now
                            await _preserving_cancellation(listener.ping())
            except RedisError as error:
                failures += 1
                log.info("lost the connection to the channels of Redis at %s: %s", self._where, error)
                await self._clock.sleep(_pause(failures))

    async def _in_group(self, role: str, command: Any) -> Any:
        """Run a consumer group's command; create the group (again) if it does not exist."""
        for _ in range(MAX_GROUP_ATTEMPTS):
            try:
                return await _preserving_cancellation(command())
            except ResponseError as error:
                if not str(error).startswith("NOGROUP"):
                    raise self._unavailable(error) from error
                await self._create_group(role)
            except RedisError as error:
                await self._clock.sleep(_pause(1))
                raise self._unavailable(error) from error
        raise Unavailable(f"Redis at {self._where} keeps losing the consumer group {role!r}; check its memory limit")

    async def _create_group(self, role: str) -> None:
        try:
            # from 0: what was in the stream before the group existed is work too
            await _preserving_cancellation(
                self._commands.xgroup_create(self.keys.channel(role), role, id="0", mkstream=True)
            )
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise self._unavailable(error) from error
        except RedisError as error:
            raise self._unavailable(error) from error

    async def _do(self, command: Awaitable[ReplyT]) -> ReplyT:
        try:
            return await _preserving_cancellation(command)
        except (RedisError, OSError, asyncio.IncompleteReadError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> Unavailable:
        return Unavailable(words_for(error, self._where))


async def _preserving_cancellation(command: Awaitable[ReplyT]) -> ReplyT:
    """Return the reply to a command, or raise CancelledError if the caller was cancelled meanwhile.

    Before Python 3.12 `wait_for`, with which redis-py sends, drops a cancellation that arrives as the sending ends.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        return await command
    finally:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError


def _client(url: str, connections: int, **options: Any) -> redis.Redis:
    # any program may write any bytes: what is not UTF-8 must arrive as a bad message, not end the reader
    # the pool blocks: a caller that finds all connections in use waits for one
    pool = redis.BlockingConnectionPool.from_url(
        url, max_connections=connections, decode_responses=True, encoding_errors="replace", **options
    )
    return redis.Redis.from_pool(pool)


def _delivery(entry_id: str, fields: dict[str, str] | None) -> Delivery:
    raw = (fields or {}).get(MESSAGE_FIELD, "")
    try:
        return Delivery(entry_id, raw, Message.from_json(raw), None)
    except Invalid as error:
        return Delivery(entry_id, raw, None, str(error))


def _pause(failures: int) -> float:
    return RECONNECT_BACKOFF.pause(failures - 1, random.random())  # noqa: S311


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path or "(no address)"
