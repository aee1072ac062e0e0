"""What a call can cost at most, and what it did cost; a server's figures are believed as far as they make sense."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.records.learnt_models import LearntModel
from damascus.core.settings import NamedModel, Price
from damascus.llm.partial_response import PartialResponse
from damascus.llm.port import ModelRequest
from damascus.llm.prices import Prices, SentCall
from damascus.llm.request_body import request_body

KNOWN = {"mid": {"price": {"input": 1, "output": 10}}}
UNKNOWN = Price(input=5, output=20)
ABSURD = [None, -1, 2.5, "12", True, float("nan"), 10**30, [], {}]


def prices(models=KNOWN):
    named = {name: NamedModel.model_validate(known) for name, known in models.items()}
    return Prices(named, UNKNOWN, "http://127.0.0.1:1/v1")


def partial(text="twelve bytes", cost=None, **usage):
    made = PartialResponse()
    made.add({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}], "usage": usage})
    made.reported_cost = cost
    return made


def sent(size, max_tokens=2_048, reserved=123_456):
    return SentCall(size, max_tokens, reserved)


def test_a_configured_price_is_used():
    cost = prices().cost_of("mid", partial(prompt_tokens=100, completion_tokens=7), sent(400))
    assert (cost.input_tokens, cost.output_tokens, cost.cost_microusd, cost.price_known) == (100, 7, 170, True)


def test_a_price_of_the_table_is_used_where_none_is_configured():
    cost = prices().cost_of(
        "gpt-4o-mini", partial(prompt_tokens=1_000_000, completion_tokens=1_000_000), sent(4_000_000, 1_000_000)
    )
    assert (cost.cost_microusd, cost.price_known) == (750_000, True)
    assert prices().worst_cost("openai/gpt-4o-mini", 1_000_000, 1_000_000) == 750_000


def test_an_unknown_price_is_counted_at_the_configured_default_and_flagged():
    cost = prices({}).cost_of("nobody-knows", partial(prompt_tokens=100, completion_tokens=10), sent(400))
    assert (cost.cost_microusd, cost.price_known) == (700, False)


def test_the_rehearsal_has_a_price_of_its_own():
    cost = prices({}).cost_of("rehearsal", partial(prompt_tokens=1000, completion_tokens=100), sent(4000))
    assert (cost.cost_microusd, cost.price_known) == (210, True)


@pytest.mark.parametrize(
    ("usage_cost", "header"), [(0.00042, None), (None, "0.00042"), (0.00042, "0.009"), ("0.00042", "")]
)
def test_what_the_server_says_it_cost_goes_before_every_price(usage_cost, header):
    response = partial(prompt_tokens=100, completion_tokens=10, cost=header)
    response.usage["cost"] = usage_cost
    for model in ("mid", "nobody-knows"):
        cost = prices().cost_of(model, response, sent(400))
        assert (cost.cost_microusd, cost.price_known) == (420, True)


@pytest.mark.parametrize("cost", ["nan", "-0.1", "inf", "1e999", "free", "", -1, True, [], {}, 10**400, float("nan")])
def test_a_senseless_cost_is_not_believed(cost):
    response = partial(prompt_tokens=100, completion_tokens=7, cost=cost)
    response.usage["cost"] = cost
    assert prices().cost_of("mid", response, sent(400)).cost_microusd == 170


def test_a_zero_is_not_believed_of_a_proxy_that_does_not_know_the_price():
    response = partial(prompt_tokens=100, completion_tokens=7, cost="0.0")
    assert prices().cost_of("mid", response, sent(400)).cost_microusd == 170
    cost = prices().cost_of("nobody-knows", response, sent(400))
    assert (cost.cost_microusd, cost.price_known) == (640, False)


@pytest.mark.parametrize("price", ["free", {"input": 0, "output": 0}])
def test_free_is_a_known_price(price):
    cost = prices({"mine": {"price": price}}).cost_of("mine", partial(prompt_tokens=9, completion_tokens=9), sent(4))
    assert (cost.cost_microusd, cost.price_known) == (0, True)


@pytest.mark.parametrize("absurd", [*ABSURD, 0])
@pytest.mark.parametrize("field", ["prompt_tokens", "completion_tokens"])
def test_senseless_counts_are_guessed_from_the_text_and_flagged(absurd, field):
    counts = {"prompt_tokens": 100, "completion_tokens": 7, field: absurd}
    cost = prices().cost_of("mid", partial(**counts), sent(300))
    assert (cost.input_tokens, cost.output_tokens, cost.price_known) == (101, 5, False)


def test_a_credible_cost_above_the_worst_case_is_recorded_as_it_is_and_reserved_for_next_time():
    table = prices()
    worst = table.worst_cost("mid", 1_112, 100)
    cost = table.cost_of("mid", partial(prompt_tokens=500, completion_tokens=90, cost=0.004), sent(600, 100))
    assert (cost.cost_microusd, cost.disbelieved, cost.price_known) == (4_000, None, True)
    assert table.worst_cost("mid", 1_112, 100) == math.ceil(worst * 4_000 / 1_400)


@pytest.mark.parametrize(
    ("usage", "header", "claim"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 7, "cost": 1_000}, None, 10**9),
        ({"prompt_tokens": 100, "completion_tokens": 7}, "1000", 10**9),
        ({"prompt_tokens": 5_000_000, "completion_tokens": 9_000_000}, None, 95 * 10**6),
    ],
)
def test_an_incredible_figure_is_counted_at_what_was_reserved_and_kept_beside_it(usage, header, claim):
    response = partial(cost=header)
    response.usage = usage
    cost = prices().cost_of("mid", response, sent(400, reserved=21_392))
    assert (cost.cost_microusd, cost.price_known, cost.disbelieved) == (21_392, False, claim)


@given(
    st.dictionaries(st.sampled_from(["prompt_tokens", "completion_tokens", "cost"]), st.from_type(object) | st.floats())
)
def test_no_figure_of_a_server_makes_a_cost_negative_or_no_number(usage):
    found = prices().cost_of("mid", partial(**usage), sent(100))
    assert found.cost_microusd >= 0
    assert math.isfinite(found.cost_microusd)


@given(st.text(), st.integers(min_value=1, max_value=10**6))
def test_the_worst_case_covers_a_token_for_every_byte(text, limit):
    request = ModelRequest("standard", [{"role": "user", "content": text}], max_tokens=limit)
    body = request_body("mid", request, LearntModel()).data
    assert prices().worst_cost("mid", len(body), limit) >= len(text.encode("utf-8", "ignore")) + 10 * limit


async def test_a_streamed_cost_reaches_the_answer(client, server, book, reply, ask):
    server.will(reply.stream(reply.delta("stop", content="x"), reply.counted(cost=0.001)))
    assert (await client.complete(ask(), book)).cost.cost_microusd == 1_000


async def test_the_proxys_header_reaches_the_answer(client, server, book, reply, ask):
    server.will(reply.stream(reply.delta("stop", content="x"), reply.counted(), x_litellm_response_cost="0.002"))
    assert (await client.complete(ask(), book)).cost.cost_microusd == 2_000


async def test_a_reservation_is_at_least_what_the_answer_costs(client, server, book, ask):
    answer = await client.complete(ask(max_tokens=10), book)
    assert book.reserved[answer.reservation] == client.worst_cost("mid", ask(max_tokens=10))
    assert book.reserved[answer.reservation] >= answer.cost.cost_microusd


@pytest.mark.parametrize(
    ("usage", "read", "written"),
    [
        ({"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 300}, 100, 200),
        ({"prompt_tokens": 100, "completion_tokens": 60, "total_tokens": 90}, 100, 60),
        (
            {"prompt_tokens": 100, "completion_tokens": 60, "completion_tokens_details": {"reasoning_tokens": 90}},
            100,
            150,
        ),
        (
            {"prompt_tokens": 100, "completion_tokens": 60, "completion_tokens_details": {"reasoning_tokens": 50}},
            100,
            60,
        ),
        ({"prompt_tokens": 100, "completion_tokens": 60, "completion_tokens_details": {"audio_tokens": 70}}, 100, 130),
        ({"prompt_tokens": 100, "total_tokens": 160}, 100, 60),
        ({"completion_tokens": 60, "total_tokens": 160}, 100, 60),
        ({"prompt_tokens": 100.0, "completion_tokens": 60.0}, 100, 60),
        ({"input_tokens": 100, "output_tokens": 60, "cache_read_input_tokens": 40}, 140, 60),
        ({"input_tokens": 100, "output_tokens": 60, "cache_creation_input_tokens": 40}, 140, 60),
        ({"prompt_tokens": 100, "completion_tokens": 60, "cache_read_input_tokens": 40}, 100, 60),
        ({"prompt_tokens": 100, "completion_tokens": 60, "cache_read_input_tokens": 400}, 500, 60),
        ({"prompt_tokens": 100, "completion_tokens": 60, "prompt_tokens_details": {"cached_tokens": 150}}, 250, 60),
        ({"prompt_tokens": 100, "completion_tokens": 60, "prompt_tokens_details": {"cached_tokens": 90}}, 100, 60),
    ],
)
def test_every_token_that_is_billed_is_counted(usage, read, written):
    cost = prices().cost_of("mid", partial(**usage), sent(400))
    assert (cost.input_tokens, cost.output_tokens) == (read, written)


SAID = {"prompt_tokens": 100, "completion_tokens": 60}


@pytest.mark.parametrize(
    "events",
    [
        [{"usage": {"prompt_tokens": 100, "completion_tokens": 1}}, {"usage": SAID}],
        [{"usage": SAID}, {"usage": {"prompt_tokens": 0, "completion_tokens": 0}}],
        [{"usage": SAID}, {"usage": {"prompt_tokens": None}}, {"usage": None}],
        [{"choices": [{"index": 0, "delta": {}, "usage": SAID}]}],
        [{"x_groq": {"id": "r", "usage": SAID}}],
        [{"usage": {"prompt_tokens": 100}}, {"usage": {"completion_tokens": 60}}],
    ],
    ids=["counted on", "zeros at the end", "null at the end", "in the choice", "Groq's place", "in two parts"],
)
def test_the_figures_are_found_wherever_a_stream_has_them(events):
    response = PartialResponse()
    for event in events:
        response.add(event)
    cost = prices().cost_of("mid", response, sent(400))
    assert (cost.input_tokens, cost.output_tokens, cost.price_known) == (100, 60, True)


@pytest.mark.parametrize(
    ("more", "microusd"),
    [
        ({"cost": 0.00005, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.001}}, 1_050),
        ({"cost": 0.0009, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.001}}, 900),
        ({"cost": {"total_cost": 0.0009, "input_tokens_cost": 0.0001}}, 900),
    ],
)
def test_an_amount_is_read_in_the_forms_in_which_routers_name_it(more, microusd):
    response = partial()
    response.usage = {**SAID, **more}
    assert prices().cost_of("mid", response, sent(400)).cost_microusd == microusd
