"""A conversation that its owner sums up: told that it does not fit, before it is sent or by the server; never cut."""

from types import SimpleNamespace
from typing import Any

import pytest

from damascus.core.errors import RequestNotTaken
from damascus.llm.learning import MAX_RAISED_TOKENS
from damascus.llm.port import ContextFull

STEP = [{"role": "assistant", "content": "x" * 600}, {"role": "user", "content": "y"}]
OPENING = [{"role": "system", "content": "s"}, {"role": "user", "content": "go"}]
REFUSALS = [  # how OpenAI, LiteLLM before Anthropic, vLLM, llama.cpp and Google say it
    {"error": {"message": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 "
     "tokens. Please reduce the length of the messages.", "type": "invalid_request_error", "param": "messages",
     "code": "context_length_exceeded"}},
    {"error": {"message": "litellm.ContextWindowExceededError: litellm.BadRequestError: AnthropicException - prompt is "
     "too long: 9000 tokens > 8192 maximum", "type": "invalid_request_error", "param": None, "code": "400"}},
    {"object": "error", "message": "This model's maximum context length is 8192 tokens. However, you requested 11000 "
     "tokens (9000 in the messages, 2000 in the completion).", "type": "BadRequestError", "code": 400},
    {"error": {"code": 400, "message": "request (9000 tokens) exceeds the available context size (8192 tokens)",
     "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 8192}},
    {"error": {"message": "The input token count (9000) exceeds the maximum number of tokens allowed (8192).",
     "type": "invalid_request_error", "code": 400}},
]  # fmt: skip


def window(tokens: int, **more: Any) -> dict[str, Any]:
    return {name: {"context_window": tokens, "price": "free", **more} for name in ("mid", "small")}


async def test_what_would_overflow_the_window_is_not_sent(client_with, server, book, ask) -> None:
    client = client_with(models=window(3_000))
    request = ask(messages=OPENING + STEP * 16, max_tokens=2_000, compactable=True)
    with pytest.raises(ContextFull, match="does not fit into the context of 'mid'") as full:
        await client.complete(request, book)
    assert full.value.most == 3 * (3_000 - 500)
    assert full.value.size > full.value.most
    assert not server.seen
    assert not book.reserved
    await client.complete(ask(messages=OPENING + STEP * 8, max_tokens=2_000, compactable=True), book)
    assert len(server.seen[0].body["messages"]) == 18


@pytest.mark.parametrize("body", REFUSALS, ids=range(len(REFUSALS)))
async def test_what_the_server_says_is_too_long_costs_nothing_and_is_learnt(
    client_with, server, book, ask, reply: SimpleNamespace, body: dict[str, Any]
) -> None:
    client = client_with(models=window(10**6))
    server.will(reply.status(400, body), reply.says())
    long = ask(messages=OPENING + STEP * 40, max_tokens=2_000, compactable=True)
    with pytest.raises(ContextFull, match="HTTP 400") as full:
        await client.complete(long, book)
    assert full.value.most <= full.value.size
    assert not book.open
    with pytest.raises(ContextFull):  # by what was learnt, without asking again
        await client.complete(long, book)
    assert len(server.seen) == 1
    await client.complete(ask(messages=OPENING + STEP * 4, max_tokens=2_000, compactable=True), book)
    assert len(server.seen[1].body["messages"]) == 10


async def test_a_request_that_leaves_room_for_some_of_an_answer_is_asked_again_with_less(
    client_with, server, book, ask, reply: SimpleNamespace
) -> None:
    client = client_with(models=window(10**6))
    said = (
        "maximum context length is 8192 tokens. However, you requested {} tokens ({} in the messages, 2000 in the "
        "completion)."
    )
    server.will(reply.status(400, {"error": {"message": said.format(9_000, 7_000)}}), reply.says())
    await client.complete(ask(messages=OPENING + STEP * 9, max_tokens=2_000, compactable=True), book)
    assert [seen.body["max_tokens"] for seen in server.seen] == [2_000, 1_192]
    assert len(server.seen[1].body["messages"]) == 20
    server.will(reply.status(400, {"error": {"message": said.format(9_900, 7_900)}}))
    with pytest.raises(ContextFull):
        await client.complete(ask(messages=OPENING + STEP * 9, max_tokens=2_000, compactable=True), book)


async def test_a_server_that_refuses_a_conversation_of_nothing_but_its_opening_is_believed(
    client_with, server, book, ask, reply: SimpleNamespace
) -> None:
    server.will(reply.status(400, REFUSALS[0]))
    with pytest.raises(RequestNotTaken) as refused:
        await client_with(models=window(10**6)).complete(ask(messages=OPENING), book)
    assert not isinstance(refused.value, ContextFull)


@pytest.mark.parametrize(
    ("known", "tokens"),
    [
        ({"max_output_tokens": 6_000}, (2_000, 2_000, 6_000)), ({"max_output_tokens": 10**5}, (2_000, 2_000, 8_000)),
        ({"max_output_tokens": 1_000}, (2_000, 1_000, 1_000)), ({}, (2_000, 2_000, 8_000)),
        ({}, (20_000, 20_000, MAX_RAISED_TOKENS)), ({}, (50_000, 50_000, 50_000)),
        ({"context_window": 9_000}, (4_000, 4_000, 9_000)),
    ],
)  # fmt: skip
async def test_after_an_answer_that_was_cut_off_the_next_may_be_as_long_as_the_model_s_can(
    client_with, server, book, ask, known: dict[str, Any], tokens: tuple[int, int, int]
) -> None:
    usual, first, after = tokens
    client = client_with(models={"mid": {"price": "free", "context_window": 10**6, **known}})
    for is_after_cut in (False, True):
        await client.complete(ask(max_tokens=usual, after_cut=is_after_cut), book)
    asked = [seen.body["max_tokens"] for seen in server.seen]
    assert asked[0] == first
    assert after - 100 < asked[1] <= after


async def test_no_more_money_is_needed_for_a_longer_answer_than_for_a_usual_one(client_with, server, book, ask) -> None:
    client = client_with()
    book.limit = client.worst_cost("mid", ask(max_tokens=2_000))
    await client.complete(ask(max_tokens=2_000, after_cut=True), book)
    assert 2_000 <= server.seen[0].body["max_tokens"] < 2_100


async def test_a_server_that_takes_less_after_all_is_asked_for_that(
    client_with, server, book, ask, reply: SimpleNamespace
) -> None:
    said = {"error": {"message": "max_tokens is too large: 8000. This model supports at most 4096 completion tokens"}}
    server.will(reply.status(400, said), reply.says())
    await client_with().complete(ask(max_tokens=2_000, after_cut=True), book)
    assert [seen.body["max_tokens"] for seen in server.seen] == [8_000, 4_096]
