"""Silence is limited, not length: a slow stream is read to its end, a server that says nothing is given up."""

import asyncio

import pytest

from damascus.core.errors import ModelUnavailable
from damascus.llm.port import ModelRequest
from damascus.llm.time_limits import limits_for

PATIENCE_SECONDS = 1.5
ONCE = {"retries": 0}


def trickle(reply, piece, every, times=10**6, end=b""):
    """A stream of the same piece, so often, with `end` behind it."""

    async def send(writer):
        writer.write(reply.head())
        for _ in range(times):
            writer.write(reply.event(piece))
            await writer.drain()
            await asyncio.sleep(every)
        writer.write(end)
        await writer.drain()

    return send


async def test_a_steady_stream_is_read_to_its_end_however_long_that_takes(client_with, server, book, reply, ask):
    end = reply.event(reply.delta("stop")) + b"data: [DONE]\n\n"
    server.will(trickle(reply, reply.delta(content="."), 0.2, times=12, end=end))
    answer = await client_with(timeout=PATIENCE_SECONDS, **ONCE).complete(ask(), book)
    assert answer.text == "." * 12
    assert answer.latency == 0  # of the fixed clock: nothing was waited for by it
    assert book.was_lost == []


@pytest.mark.parametrize(
    "piece",
    [
        {"tool_calls": [{"index": 0, "function": {"arguments": " "}}]},
        {"reasoning_content": "hm"},
        {"thought_parts": "hm"},
    ],
    ids=["a call", "thinking", "thinking in a field of its own"],
)
async def test_all_that_a_model_says_breaks_its_silence(client_with, server, book, reply, ask, piece):
    end = reply.event(reply.delta("stop", content="done")) + b"data: [DONE]\n\n"
    server.will(trickle(reply, reply.delta(**piece), 0.2, times=12, end=end))
    answer = await client_with(timeout=PATIENCE_SECONDS, **ONCE).complete(ask(), book)
    assert answer.text == "done"


@pytest.mark.parametrize(
    "piece",
    [b": still thinking\n\n", b": \n", {"choices": []}, {"choices": [{"delta": {"content": ""}}]}],
    ids=["comments", "pings", "no choices", "empty pieces"],
)
async def test_what_says_nothing_is_silence(client_with, server, book, reply, ask, piece):
    server.will(trickle(reply, piece, 0.02))
    with pytest.raises(ModelUnavailable, match=r"no response began within 0\.3 s"):
        await client_with(timeout=60, models={"mid": {"start_timeout": 0.3}}, **ONCE).complete(ask(), book)
    assert book.was_lost == ["res_1"]


async def test_silence_in_the_middle_is_told_from_one_that_never_ends(client_with, server, book, reply, ask):
    server.will(reply.raw(reply.head() + reply.event(reply.delta(content="half")), hold=60))
    with pytest.raises(ModelUnavailable, match=r"silent for 0\.3 s in the middle of its response"):
        await client_with(models={"mid": {"timeout": 0.3, "start_timeout": 60}}, **ONCE).complete(ask(), book)
    assert book.was_lost == ["res_1"]


async def test_a_server_in_the_own_network_may_read_and_serve_others_for_longer(client_with, server, book, reply, ask):
    server.will(reply.raw(b"", hold=60))
    with pytest.raises(ModelUnavailable, match=r"no response began within 0\.6 s"):
        await client_with(timeout=0.1, **ONCE).complete(ask(), book)


async def test_the_silence_of_one_model_says_nothing_of_another(client_with, server, book, reply, ask):
    server.will(reply.raw(b"", hold=60), reply.says())
    impatient = {"mid": {"timeout": 0.3}}
    answer = await client_with(timeout=60, models=impatient, fallbacks=["spare"], **ONCE).complete(ask(), book)
    assert answer.cost.model == "spare"


async def test_a_mute_server_is_asked_a_second_time_and_no_more(client_with, server, book, reply, ask):
    server.will(reply.raw(b"", hold=60))
    with pytest.raises(ModelUnavailable, match="no response began"):
        await client_with(timeout=0.2, retries=3).complete(ask(), book)
    assert book.was_lost == ["res_1", "res_2"]


async def test_a_server_that_trickles_for_ever_ends_where_no_model_is_so_slow(client_with, server, book, reply, ask):
    server.will(trickle(reply, reply.delta(content="."), 0.02))
    patient = {"mid": {"timeout": 60, "start_timeout": 0.5}}
    with pytest.raises(ModelUnavailable, match="no complete response within 2 s, too slow for a model"):
        await client_with(models=patient, retries=3).complete(ask(max_tokens=1), book)
    assert book.was_lost == ["res_1"]  # it would take as long again


async def test_a_free_model_costs_nothing_however_often_it_is_cut(client_with, server, book, reply, ask):
    server.will(reply.raw(b"", hold=60), reply.raw(reply.head()), reply.says())
    free = {"mid": {"price": "free", "timeout": 0.3}}
    answer = await client_with(models=free).complete(ask(), book)
    assert [book.reserved[name] for name in book.was_lost] == [0, 0]
    assert answer.cost.cost_microusd == 0


def test_a_whole_response_begins_when_it_ends():
    request = ModelRequest("cheap", [], max_tokens=3_000)
    streamed = limits_for(60, 10, request.max_tokens, whole=False)
    whole = limits_for(60, 10, request.max_tokens, whole=True)
    assert (streamed.start, streamed.silence, streamed.total) == (60, 10, 3_060)
    assert (whole.start, whole.total) == (660, 660)


async def test_the_settings_say_how_a_model_is_asked(client_with, server, book, ask):
    known = {"mid": {"max_output_tokens": 50, "stream": False}}
    await client_with(models=known).complete(ask(max_tokens=100), book)
    await client_with(models=known).complete(ask(max_tokens=10), book)
    assert [(seen.body["max_tokens"], seen.body["stream"]) for seen in server.seen] == [(50, False), (10, False)]
