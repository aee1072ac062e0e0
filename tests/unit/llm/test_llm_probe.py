"""`ceo doctor`'s question: is the model there, does it call tools; one line either way."""

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
    server.will(reply.status(400, {"error": {"message": "mid does not support tools"}}), reply.says())
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
    assert len(book.reserved) == 1
