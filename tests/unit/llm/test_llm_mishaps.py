"""A server that fails: what is tried again, after how long, and who pays for the attempts without an answer."""

import asyncio
import socket
from dataclasses import replace

import pytest

from damascus.core.clock import FixedClock
from damascus.core.errors import ModelUnavailable, OverBudget
from damascus.core.settings import ModelSettings
from damascus.llm.client import ModelClient
from damascus.llm.port import ModelBusy

ONCE = {"retries": 0}


async def test_an_overloaded_server_is_asked_again_and_the_refusals_cost_nothing(client, server, book, reply, ask):
    server.will(reply.status(429), reply.status(500), reply.status(503), reply.says())
    answer = await client.complete(ask(), book)
    assert answer.text == "Hello."
    assert book.released == ["res_1", "res_2", "res_3"]
    assert book.open == [answer.reservation] == ["res_4"]


async def test_the_waiting_grows_and_is_bounded(client_with, server, book, reply, ask, clock):
    server.will(reply.status(500))
    with pytest.raises(ModelUnavailable):
        await client_with(retries=6).complete(ask(), book)
    assert len(server.seen) == 7
    assert clock.monotonic() == 0.5 + 1 + 2 + 4 + 8 + 8


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("4", 4.25),
        ("0", 0.25),
        ("-5", 0.25),
        ("Thu, 01 Jan 2026 00:00:04 GMT", 4.25),
        ("Thu, 01 Jan 2026 00:00:04", 0.5),
        ("soon", 0.5),
        ("nan", 0.5),
    ],
)
async def test_retry_after_is_honoured_within_bounds(complete, server, reply, clock, asked, waited):
    server.will(reply.status(429, retry_after=asked), reply.says())
    await complete()
    assert clock.monotonic() == waited


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ([{"error": {"code": 429, "message": "Quota.", "details": [{"retryDelay": "45s"}]}}], 45),
        ({"error": {"message": "Rate limit reached. Please try again in 1m10s.", "code": "rate_limit_exceeded"}}, 70),
        ({"error": {"message": "Daily quota is used up, resets in 3h."}}, 10_800),
        ({"error": {"message": "Too many requests"}}, 60),
    ],
)
async def test_a_server_that_asks_to_come_back_later_is_told_apart_and_costs_nothing(
    complete, server, reply, book, body, seconds
):
    server.will(reply.status(429, body))
    with pytest.raises(ModelBusy) as caught:
        await complete()
    assert caught.value.seconds == seconds
    assert book.released == list(book.reserved)


async def test_a_short_pause_in_the_words_is_waited_for(complete, server, reply, clock):
    server.will(reply.status(429, {"error": {"message": "Please try again in 4s."}}), reply.says())
    await complete()
    assert clock.monotonic() == 4.25


async def test_no_answer_in_time_counts_as_spent_and_is_tried_again(client_with, server, book, reply, ask):
    server.will(reply.raw(b"", hold=60), reply.says())
    answer = await client_with(timeout=2).complete(ask(), book)  # the second answer has to come within it
    assert answer.text == "Hello."
    assert book.was_lost == ["res_1"]


@pytest.mark.parametrize("status", [408, 504, 524])
async def test_a_proxy_that_gave_up_waiting_may_have_cost_something(client, server, book, reply, ask, status):
    server.will(reply.status(status), reply.says())
    await client.complete(ask(), book)
    assert book.was_lost == ["res_1"]


async def test_a_connection_that_drops_counts_as_spent(client, server, book, reply, ask):
    half = reply.head() + reply.event(reply.delta(content="half an ans"))
    server.will(reply.raw(b""), reply.raw(half), reply.raw(b"rubbish\r\n\r\n"), reply.says("whole"))
    answer = await client.complete(ask(), book)
    assert answer.text == "whole"
    assert book.was_lost == ["res_1", "res_2", "res_3"]


async def test_a_whole_answer_whose_connection_then_breaks_is_not_bought_twice(client, server, book, reply, ask):
    head = reply.head().replace(b"connection: close", b"transfer-encoding: chunked")
    data = reply.event(reply.delta("stop", content="whole"))
    server.will(reply.raw(head + b"%x\r\n%s\r\n" % (len(data), data)))
    answer = await client.complete(ask(), book)
    assert answer.text == "whole"
    assert not answer.cost.price_known
    assert len(server.seen) == 1


async def test_a_server_that_never_closes_after_its_end_is_not_waited_for(client_with, server, book, reply, ask):
    server.will(reply.stream(reply.delta("stop", content="whole"), hold=60))
    answer = await asyncio.wait_for(client_with(timeout=50).complete(ask(), book), 40)
    assert answer.text == "whole"


@pytest.mark.parametrize(
    "end",
    [
        b'data: {"error": "out of memory"}\n\n',
        b"data: {not json\n\n",
        b"data: [DONE]\n\n",
        b"",
    ],
)
async def test_a_stream_that_goes_wrong_is_tried_again(client, server, book, reply, ask, end):
    server.will(reply.stream(end=end), reply.says("better"))
    assert (await client.complete(ask(), book)).text == "better"
    assert book.was_lost == ["res_1"]


@pytest.mark.parametrize("code", [429, 503, 529])
async def test_a_refusal_under_a_status_of_200_costs_nothing_and_is_told_to_all(client, server, book, reply, ask, code):
    said = {"error": {"message": "overloaded, try again in 2s", "code": code}}
    server.will(reply.stream(end=reply.event(said)), reply.says("better"))
    assert (await client.complete(ask(), book)).text == "better"
    assert book.was_lost == []
    assert [(told.seconds, "overloaded" in told.why) for told in book.told] == [(2.0, True)]


async def test_nobody_listening_is_said_quickly_and_costs_nothing(client_with, book, ask, clock):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    with pytest.raises(ModelUnavailable, match=f"{url}.*LLM_BASE_URL"):
        await client_with(url, fallbacks=["spare"]).complete(ask(), book)
    assert clock.monotonic() < 0.5
    assert book.models == ["mid"] * 3
    assert book.released == list(book.reserved)


async def test_a_server_that_comes_back_meanwhile_answers(server, book, ask):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    opened = []

    class OpensMeanwhile(FixedClock):
        async def sleep(self, seconds):
            opened.append(await asyncio.start_server(server.serve, "127.0.0.1", port))

    client = ModelClient(ModelSettings(), f"http://127.0.0.1:{port}/v1", OpensMeanwhile())
    answer = await client.complete(ask(), book)
    await client.close()
    opened[0].close()
    assert answer.text == "Hello."
    assert book.released == ["res_1"]


async def test_the_fallbacks_are_asked_in_their_order(client_with, server, book, reply, ask):
    server.will(reply.status(500), reply.status(500), reply.says("from the spare"))
    answer = await client_with(fallbacks=["mid", "small", "spare"], **ONCE).complete(ask(), book)
    assert (answer.cost.model, answer.text) == ("spare", "from the spare")
    assert book.models == ["mid", "small", "spare"]


async def test_when_nobody_answers_every_model_is_named(client_with, server, book, reply, ask):
    server.will(reply.status(503, {"error": {"message": "asleep"}}))
    with pytest.raises(ModelUnavailable) as caught:
        await client_with(fallbacks=["spare"], **ONCE).complete(ask(), book)
    assert "mid: HTTP 503: asleep" in str(caught.value)
    assert "spare: HTTP 503: asleep" in str(caught.value)
    assert book.open == []


async def test_each_attempt_is_reserved_before_it_is_sent(client, server, book, reply, ask):
    server.will(reply.status(500))
    book.limit = client.worst_cost("mid", ask(max_tokens=1)) - 1
    with pytest.raises(OverBudget):
        await client.complete(ask(), book)
    assert server.seen == []


async def test_a_call_that_is_cancelled_counts_as_spent(client, server, book, reply, ask):
    arrived = asyncio.Event()

    async def arrive(writer):
        arrived.set()
        await asyncio.sleep(60)

    server.will(arrive)
    call = asyncio.create_task(client.complete(ask(), book))
    await arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert book.was_lost == ["res_1"]


@pytest.mark.parametrize("limits", [(100, 65_536 + 1_600), (1_000_000, 4 * 1024 * 1024)], ids=["few", "many"])
async def test_an_endless_answer_is_cut_off_beyond_what_its_tokens_have(client, server, book, reply, ask, limits):
    max_tokens, chars = limits
    megabyte = reply.event(reply.delta(content="x" * 1_000_000))

    async def flood(writer):
        writer.write(reply.head())
        while not writer.is_closing():
            writer.write(megabyte)
            await writer.drain()

    server.will(flood)
    answer = await client.complete(replace(ask(), max_tokens=max_tokens), book)
    assert answer.finish_reason == "length"
    assert len(answer.text) == chars
    assert not answer.cost.price_known


async def test_an_event_without_end_is_not_kept(client_with, server, book, reply, ask):
    async def flood(writer):
        writer.write(reply.head() + b"data: ")
        while not writer.is_closing():
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    server.will(flood)
    with pytest.raises(ModelUnavailable, match="does not end"):
        await client_with(timeout=60, **ONCE).complete(ask(), book)
