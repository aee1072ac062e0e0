"""`ceo doctor`'s question: is the model there, does it call tools; one line either way."""

import pytest

from damascus.llm.probe.first_contact import probe


async def test_a_model_that_calls_the_tool_is_fit(client, server, reply):
    call = {"index": 0, "id": "a", "function": {"name": "ping", "arguments": "{}"}}
    server.will(reply.stream(reply.delta("tool_calls", tool_calls=[call])))
    found = await probe(client)
    assert (found.answers, found.calls_tools) == (True, True)
    assert "mid" in found.detail
    assert server.url in found.detail


async def test_a_model_that_only_talks_is_named_as_such(client):
    found = await probe(client)
    assert (found.answers, found.calls_tools) == (True, False)
    assert "LLM_MODEL" in found.detail


async def test_a_model_that_takes_no_tools_is_told_from_one_that_is_not_there(client, server, reply):
    server.will(reply.says(), reply.status(400, {"error": {"message": "mid does not support tools"}}), reply.says())
    found = await probe(client)
    assert (found.answers, found.calls_tools) == (True, False)
    assert "takes no tools" in found.detail


async def test_a_wrong_key_is_said(client, server, reply):
    server.will(reply.status(401, {"error": {"message": "bad key"}}))
    found = await probe(client)
    assert (found.answers, found.calls_tools) == (False, False)
    assert "LLM_API_KEY" in found.detail


async def test_silence_ends_in_time(client, server, reply):
    server.will(reply.raw(b"", hold=60))
    found = await probe(client, seconds=0.3)
    assert not found.answers
    assert "LLM_BASE_URL" in found.detail


async def test_the_money_of_a_probe_can_be_watched(client, book):
    await probe(client, meter=book)
    assert len(book.reserved) == 2


def read(reply, tokens):
    """An answer to a request of which the server has read so many tokens."""
    return reply.stream(reply.delta("length", content="yes"), reply.counted(tokens, 1))


def calls_ping(reply):
    call = {"index": 0, "id": "a", "function": {"name": "ping", "arguments": "{}"}}
    return reply.stream(reply.delta("tool_calls", tool_calls=[call]), reply.counted(300, 5))


async def test_a_server_that_drops_a_part_of_a_request_without_a_word_is_found_out(client, server, reply):
    server.will(read(reply, 4_096), calls_ping(reply))
    found = await probe(client)
    assert (found.answers, found.calls_tools) == (True, False)
    assert "reads only 4096 tokens of a request and drops the rest without a word" in found.detail
    assert "OLLAMA_CONTEXT_LENGTH=32768" in found.detail
    assert "\n" not in found.detail
    assert len(server.seen) == 1


# what is counted of 12,000 letters, and of 6,000 if asked: a window of 8,192, half of one, a tokenizer's, a guess
@pytest.mark.parametrize(
    ("counted", "of_half", "drops"),
    [(8_192, 6_020, True), (6_144, 6_020, True), (10_100, 6_020, True), (5_399, None, True), (5_400, 5_400, True),
     (11_400, None, False), (11_399, 6_020, False), (6_010, None, False), (6_120, None, False), (5_890, None, False),
     (6_130, 3_200, False), (6_400, 3_764, False), (6_400, 3_765, True)],
)  # fmt: skip
async def test_what_is_dropped_is_told_from_what_is_guessed(client, server, reply, counted, of_half, drops):
    halves = [] if of_half is None else [read(reply, of_half)]
    server.will(read(reply, counted), *halves, calls_ping(reply), reply.says())
    found = await probe(client)
    assert found.calls_tools != drops
    assert (f"reads only {counted} tokens" in found.detail) == drops


async def test_a_server_that_counts_nothing_is_believed(client, server, reply):
    silent = reply.stream(reply.delta("length", content="yes"))
    server.will(silent, calls_ping(reply), reply.says())
    assert (await probe(client)).calls_tools


async def test_a_window_that_is_known_to_be_too_small_is_said_before_anything_is_asked(client_with, server):
    found = await probe(client_with(models={"mid": {"context_window": 4_096}}))
    assert "has a context window of only 4096 tokens" in found.detail
    assert server.seen == []


async def test_a_model_that_thinks_first_gets_more_tokens_and_then_the_tools_result(client, server, reply):
    thinks = reply.stream(reply.delta("length", reasoning_content="Hm."), reply.counted(300, 1_024))
    server.will(read(reply, 12_100), thinks, calls_ping(reply), reply.says())
    told = []
    found = await probe(client, tell=told.append)
    assert (found.answers, found.calls_tools) == (True, True)
    assert [seen.body["max_tokens"] for seen in server.seen] == [16, 1_024, 8_000, 1_024]
    assert [message["role"] for message in server.seen[-1].body["messages"]] == ["user", "assistant", "tool"]
    assert ["still thinking" in line for line in told] == [True]


async def test_a_server_that_refuses_its_own_call_in_the_second_turn_cannot_be_used(client, server, reply):
    refuses = reply.status(400, {"error": {"message": "Function call is missing a thought_signature"}})
    server.will(read(reply, 12_100), calls_ping(reply), refuses)
    found = await probe(client)
    assert not found.calls_tools
    assert "thought_signature" in found.detail


async def test_a_model_that_is_still_loading_is_waited_for(client_with, server, reply):
    loads = reply.status(503, {"error": {"message": "Loading model"}})
    server.will(loads, read(reply, 12_100), calls_ping(reply), reply.says())
    told = []
    found = await probe(client_with(retries=0), tell=told.append)
    assert found.calls_tools
    assert "is not ready yet" in told[0]
