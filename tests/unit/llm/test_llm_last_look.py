"""A worker that stood still sends nothing: whether a call is still its own is asked last, before the last byte."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvloop

from damascus.core.clock import FixedClock
from damascus.core.errors import LeaseLost
from damascus.core.settings import ModelSettings
from damascus.llm.client import ModelClient
from damascus.llm.port import Reserved

LARGE = [{"role": "user", "content": "x" * 3_000_000}]  # more than the kernel takes in one go


async def test_a_call_that_came_too_late_is_not_made_costs_nothing_and_is_asked_for_anew(client, server, book, ask):
    book.looks = [False]
    answer = await client.complete(ask(), book)
    assert len(server.seen) == 1
    assert (book.released, book.was_lost, book.open) == (["res_1"], [], [answer.reservation])


async def test_who_lost_the_task_meanwhile_makes_no_call(client, server, book, ask):
    book.looks = [False]
    reserve = book.reserve

    async def lost(model: str, worst: int, least: int, *_: object) -> Reserved:
        if book.reserved:
            raise LeaseLost("it is another's")
        return await reserve(model, worst, least)

    book.reserve = lost
    with pytest.raises(LeaseLost):
        await client.complete(ask(), book)
    assert (server.seen, book.released, book.open) == ([], ["res_1"], [])


@pytest.mark.parametrize("messages", [[{"role": "user", "content": "hi"}], LARGE], ids=["small", "large"])
@pytest.mark.parametrize("loop", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_nothing_runs_between_the_look_and_the_last_byte(book, ask, loop, messages):
    """The loop is blocked as soon as anything else runs: the whole request has to be at the server by then."""
    arrived, blocked = threading.Event(), []

    def hold() -> None:
        blocked.append(arrived.wait(60))

    def look() -> bool:
        assert not arrived.is_set()
        asyncio.get_running_loop().call_soon(hold)
        return True

    async def call(url: str) -> str:
        client = ModelClient(ModelSettings(), url, FixedClock())
        answer = await client.complete(ask(messages=messages), book)
        await client.close()
        return answer.text

    book.may_send = look
    with listener(arrived) as url:
        assert loop(call(url)) == "Hello."
    assert blocked == [True]


@contextmanager
def listener(arrived: threading.Event) -> Iterator[str]:
    """A server of its own thread, which answers once the whole body is there."""

    def serve() -> None:
        line, _ = listening.accept()
        with line, line.makefile("rb") as reading:
            head = reading.readline()
            while not head.endswith(b"\r\n\r\n"):
                head += reading.readline()
            reading.read(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            arrived.set()
            line.sendall(ANSWER)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        thread.join()


ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    b'data: {"choices": [{"index": 0, "delta": {"content": "Hello."}, "finish_reason": "stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
