"""A plain answer, over a real socket: what is sent, what is understood, what is shown meanwhile."""

import asyncio
import json

import pytest


async def test_an_answer_carries_its_text_its_cost_and_the_reservation_to_settle(client, server, book, reply, ask):
    answer = await client.complete(ask(), book)
    assert (answer.text, answer.finish_reason, answer.calls, answer.cost.model) == ("Hello.", "stop", (), "mid")
    assert (answer.cost.input_tokens, answer.cost.output_tokens) == (100, 10)
    assert (answer.cost.cost_microusd, answer.cost.price_known) == (200, True)
    assert book.open == [answer.reservation]


async def test_each_tier_asks_its_own_model(client, server, book, ask):
    for tier in ("strong", "standard", "cheap"):
        await client.complete(ask(tier=tier), book)
    assert [seen.body["model"] for seen in server.seen] == ["big", "mid", "small"]


async def test_the_request_holds_what_openai_defines_and_nothing_else(client, server, book, ask, tools):
    await client.complete(ask(tools=tools, role="vp", task_id="task_1", max_tokens=7), book)
    body = server.seen[0].body
    assert set(body) == {"model", "messages", "max_tokens", "temperature", "stream", "stream_options", "tools"}
    assert body["max_tokens"] == 7
    assert body["tools"][0]["function"]["name"] == "write_file"


async def test_the_rehearsal_is_told_who_asks_and_for_which_task(client_with, server, book, ask):
    client = client_with(tiers={})
    await client.complete(ask(role="vp", task_id="task_1", mission_id="mis_1"), book)
    body = server.seen[0].body
    assert (body["model"], body["user"], body["metadata"]) == (
        "rehearsal",
        "vp",
        {"task": "task_1", "mission": "mis_1"},
    )


async def test_the_key_is_sent_and_no_account_of_the_machine_is(client_with, server, book, ask, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-machine")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-machine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await client_with(api_key="sk-ours").complete(ask(), book)
    assert "authorization: bearer sk-ours" in server.seen[0].head
    assert "of-the-machine" not in server.seen[0].head


async def test_text_is_shown_as_it_arrives(client, server, book, reply, ask):
    heard, both_heard = [], asyncio.Event()

    async def drip(writer):
        writer.write(reply.head() + reply.event(reply.delta(content="one ")))
        await writer.drain()
        await both_heard.wait()
        writer.write(reply.event(reply.delta("stop", content="two")) + b"data: [DONE]\n\n")
        await writer.drain()

    async def on_text(piece):
        heard.append(piece.text)
        both_heard.set()

    server.will(drip)
    answer = await client.complete(ask(), book, on_text)
    assert heard == ["one ", "two"]
    assert answer.text == "one two"


async def test_a_broken_display_does_not_break_a_paid_answer(client, server, book, ask):
    async def on_text(text):
        raise ConnectionError("the display is gone")

    answer = await client.complete(ask(), book, on_text)
    assert answer.text == "Hello."
    assert len(book.reserved) == 1


async def test_a_server_that_does_not_stream_is_understood(client, server, book, reply, ask):
    message = {"role": "assistant", "content": "Whole."}
    whole = {"choices": [{"message": message, "finish_reason": "stop"}], **reply.counted()}
    whole["choices"] = [{"message": message, "finish_reason": "stop"}]
    server.will(reply.status(200, whole))
    answer = await client.complete(ask(), book)
    assert (answer.text, answer.cost.input_tokens) == ("Whole.", 100)


async def test_events_may_come_in_any_slices_and_line_ends(client, server, book, reply, ask):
    text = "a\u2028b\x85c"
    event = json.dumps(reply.delta(content=text), ensure_ascii=False).encode()
    data = b"data:" + event + b"\n\n: a comment\n\n" + reply.event(reply.delta("stop")) + b"data: [DONE]"
    data = data.replace(b"\n", b"\r\n")

    async def slices(writer):
        writer.write(reply.head())
        for at in range(0, len(data), 7):
            writer.write(data[at : at + 7])
            await writer.drain()
            await asyncio.sleep(0)

    server.will(slices)
    assert (await client.complete(ask(), book)).text == text


async def test_the_last_event_counts_even_without_its_line_end(client, server, book, reply, ask):
    last = reply.event(reply.delta("stop", content=" end")).strip()
    server.will(reply.stream(reply.delta(content="The"), end=last))
    assert (await client.complete(ask(), book)).text == "The end"


async def test_a_connection_serves_many_answers(client_with, book, reply, ask):
    connections = []
    length_of = reply.event(reply.delta("stop", content="x")) + b"data: [DONE]\n\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(length_of)

    async def serve(reader, writer):
        connections.append(writer)
        while request := await reader.readuntil(b"\r\n\r\n"):
            await reader.readexactly(int(request.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            writer.write(head + length_of)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = client_with(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
    for _ in range(5):
        await client.complete(ask(), book)
    listening.close()
    assert len(connections) == 1


async def test_twenty_calls_at_once_do_not_mix(client, server, book, reply, ask):
    async def echo(writer):
        text = server.seen[-1].body["messages"][0]["content"]
        await reply.says(text)(writer)

    server.will(echo)
    answers = await asyncio.gather(*[client.complete(ask(f"q{n}"), book) for n in range(20)])
    assert [answer.text for answer in answers] == [f"q{n}" for n in range(20)]
    assert len(set(book.open)) == 20


async def test_messages_with_lone_surrogates_can_be_sent(client, server, book, ask):
    await client.complete(ask("bad \ud800 end"), book)
    assert server.seen[0].body["messages"][0]["content"] == "bad  end"


@pytest.mark.parametrize("finish", ["stop", "length"])
async def test_an_empty_answer_is_an_answer(client, server, book, reply, ask, finish):
    server.will(reply.stream(reply.delta(finish), reply.counted(written=0)))
    answer = await client.complete(ask(), book)
    assert (answer.text, answer.calls, answer.finish_reason) == ("", (), finish)


async def test_the_tool_call_of_a_stream_is_put_together(client, server, book, reply, ask, tools):
    pieces = [
        {"index": 0, "id": "a", "function": {"name": "write_file", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"path": '}},
        {"index": 1, "id": "b", "function": {"name": "finish", "arguments": '{"summary": "s"}'}},
        {"index": 0, "function": {"arguments": '"x.py"}'}},
    ]
    server.will(reply.stream(*[reply.delta(tool_calls=[piece]) for piece in pieces], reply.delta("tool_calls")))
    answer = await client.complete(ask(tools=tools), book)
    assert [(call.id, call.name, call.arguments) for call in answer.calls] == [
        ("a", "write_file", {"path": "x.py"}),
        ("b", "finish", {"summary": "s"}),
    ]
