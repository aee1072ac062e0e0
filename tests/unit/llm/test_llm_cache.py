"""What a provider had in its cache is counted and priced as such, and it is asked to cache where that pays only."""

import pytest

from damascus.core.settings import NamedModel, Price
from damascus.llm.partial_response import PartialResponse
from damascus.llm.port import ModelRequest
from damascus.llm.prices import Prices, SentCall
from damascus.llm.proxy_prices import read_listing

MARK = {"type": "ephemeral"}
PAYS = {"input": 3, "output": 15, "cached": 0.3, "cache_write": 3.75}
SYSTEM, TASK = {"role": "system", "content": "You are."}, {"role": "user", "content": "Do."}
CALL = {"id": "call_1", "type": "function", "function": {"name": "finish", "arguments": "{}"}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "Done."}


def prices(**models):
    named = {name: NamedModel.model_validate({"price": price}) for name, price in models.items()}
    return Prices(named, Price(input=5, output=20), "https://models.example/v1")


def cost_of(known, model, usage):
    answer = PartialResponse()
    answer.add({"choices": [{"delta": {"content": "words"}, "finish_reason": "stop"}], "usage": usage})
    return known.cost_of(model, answer, SentCall(4_000, 2_048, 10**9))


@pytest.mark.parametrize(
    ("usage", "read", "cached"),
    [
        ({"prompt_tokens": 1000, "completion_tokens": 6}, 1000, 0),
        ({"prompt_tokens": 1000, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": 800}}, 1000, 800),
        ({"input_tokens": 1000, "output_tokens": 6, "input_tokens_details": {"cached_tokens": 800}}, 1000, 800),
        ({"input_tokens": 200, "output_tokens": 6, "cache_read_input_tokens": 800}, 1000, 800),
        ({"prompt_tokens": 1000, "completion_tokens": 6, "prompt_cache_hit_tokens": 800}, 1000, 800),
        ({"prompt_tokens": 1000, "completion_tokens": 6, "cached_tokens": 800}, 1000, 800),
        ({"prompt_tokens": 1000, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": "all"}}, 1000, 0),
        ({"prompt_tokens": 1000, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": -5}}, 1000, 0),
    ],
    ids=["none", "OpenAI", "responses", "Anthropic", "DeepSeek", "Moonshot", "no number", "below nothing"],
)
def test_cached_tokens_are_found_where_each_provider_counts_them(usage, read, cached):
    cost = cost_of(prices(m={"input": 1, "output": 10}), "m", usage)
    assert (cost.input_tokens, cost.cached_tokens) == (read, cached)
    assert cost.cost_microusd == 1060  # as input, since no price of what is cached is known


ANTHROPIC = {
    "input_tokens": 100,
    "output_tokens": 10,
    "cache_read_input_tokens": 800,
    "cache_creation_input_tokens": 60,
}


@pytest.mark.parametrize(
    ("model", "usage", "microusd"),
    [
        ("own", ANTHROPIC, 100 * 3 + 800 * 0.3 + 60 * 3.75 + 10 * 15),
        ("plain", ANTHROPIC, 100 * 3 + 800 * 3 + 60 * 6 + 10 * 15),
        ("claude-sonnet-4-5", ANTHROPIC, 100 * 3 + 800 * 0.3 + 60 * 3.75 + 10 * 15),
        (
            "gpt-4o",
            {"prompt_tokens": 960, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 800}},
            160 * 2.5 + 800 * 1.25 + 10 * 10,
        ),
    ],
)
def test_cached_tokens_cost_what_the_table_says_of_them(model, usage, microusd):
    known = prices(own=PAYS, plain={"input": 3, "output": 15})
    cost = cost_of(known, model, usage)
    assert (cost.input_tokens, cost.cached_tokens) == (960, 800)
    assert cost.cost_microusd == pytest.approx(microusd, abs=1)
    assert cost.price_known


def test_the_cache_of_a_long_call_is_as_much_dearer_as_its_input():
    long = {"above": 500, "input": 6, "output": 30}
    cost = cost_of(prices(own={**PAYS, "long_context": long}), "own", ANTHROPIC)
    assert cost.cost_microusd == 100 * 6 + 800 * 0.6 + 60 * 7.5 + 10 * 30


@pytest.mark.parametrize(
    ("model", "pays"),
    [
        ("own", True), ("claude-sonnet-4-5", True), ("anthropic/claude-opus-4-1", True),
        ("gpt-4o", False), ("deepseek-chat", False), ("nobody-knows", False), ("plain", False), ("hit", False),
        ("dear", False), ("free", False), ("rehearsal", False),
    ],
)  # fmt: skip
def test_marks_pay_where_a_table_says_that_storing_costs_and_saves_more(model, pays):
    known = prices(
        own=PAYS, plain={"input": 3, "output": 15}, hit={"input": 3, "output": 15, "cached": 0.3},
        dear={"input": 3, "output": 15, "cached": 2, "cache_write": 6}, free="free",
    )  # fmt: skip
    assert known.marks_pay(model) is pays


def test_what_is_reserved_pays_for_storing_all_that_is_sent():
    assert prices(own=PAYS).worst_cost("own", 1000, 100) == 1000 * 3.75 + 100 * 15
    plain = {"input": 3, "output": 15, "cached": 0.3}
    assert prices(own=plain).worst_cost("own", 1000, 100) == 1000 * 3 + 100 * 15


def test_a_proxys_list_says_what_its_cache_costs():
    per_token = {"input_cost_per_token": 3e-6, "output_cost_per_token": 15e-6}
    cache = {"cache_read_input_token_cost": 3e-7, "cache_creation_input_token_cost": 3.75e-6}

    def listed(*infos):
        return read_listing({"data": [{"model_name": "alias", "model_info": info} for info in infos]})["alias"]

    both = listed({**per_token, **cache})
    assert (both.input, both.cached, both.cache_write) == pytest.approx((3, 0.3, 3.75))
    one = listed({**per_token, "cache_creation_input_token_cost": 3.75e-6})
    assert (one.input, one.cached) == (pytest.approx(3.75), None)
    dearer = listed({**per_token, **cache}, per_token)
    assert (dearer.cached, dearer.cache_write) == (None, None)


def conversation() -> ModelRequest:
    return ModelRequest(tier="standard", messages=[SYSTEM, TASK, CALLED, RESULT])


def marked(body):
    return [message["role"] for message in body["messages"] if "cache_control" in str(message)]


async def test_marks_stand_behind_what_repeats_and_are_sent_where_they_pay_only(client_with, server, book):
    await client_with(models={"mid": {"price": PAYS}}).complete(conversation(), book)
    await client_with().complete(conversation(), book)
    with_marks, without = (seen.body for seen in server.seen)
    assert marked(with_marks) == ["system", "user", "tool"]
    assert with_marks["messages"][3] == {
        **RESULT, "content": [{"type": "text", "text": "Done.", "cache_control": MARK}],
    }  # fmt: skip
    assert with_marks["messages"][2]["tool_calls"] == [CALL]
    assert marked(without) == []


async def test_a_server_that_takes_no_marks_is_sent_none_from_then_on(client_with, server, book, reply):
    server.will(
        reply.status(400, {"error": {"message": "messages.0: cache_control: Extra inputs are not permitted"}}),
        reply.says(),
    )
    client = client_with(models={"mid": {"price": PAYS}})
    await client.complete(conversation(), book)
    await client.complete(conversation(), book)
    assert [bool(marked(seen.body)) for seen in server.seen] == [True, False, False]


async def test_a_message_without_text_bears_no_mark(client_with, server, book):
    empty = ModelRequest(tier="standard", messages=[SYSTEM, TASK, CALLED, {**RESULT, "content": ""}])
    await client_with(models={"mid": {"price": PAYS}}).complete(empty, book)
    assert marked(server.seen[0].body) == ["system", "user"]
