"""A server that refuses: one clear line that names the setting to fix; fields it does not know are left out."""

import asyncio

import pytest

from damascus.core.errors import FilteredByProvider, ModelRefused, RequestNotTaken
from damascus.core.records.turns import ProviderFields
from damascus.llm.port import ModelBusy


def says_no(reply, status, message, **more):
    return reply.status(status, {"error": {"message": message, **more}})


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "LLM_API_KEY"),
        (403, "LLM_API_KEY"),
        (404, "LLM_MODEL"),
        (405, "LLM_BASE_URL"),
        (402, "no credit"),
        (400, "refused the request"),
        (422, "it says why"),
    ],
)
async def test_a_refusal_names_the_url_the_reason_and_the_setting(complete, server, book, reply, status, hint):
    server.will(says_no(reply, status, "it says why"))
    with pytest.raises(ModelRefused) as caught:
        await complete()
    line = str(caught.value)
    assert hint in line
    assert "it says why" in line
    assert server.url in line
    assert "\n" not in line
    assert len(server.seen) == 1
    assert book.released == ["res_1"]


async def test_an_empty_account_is_not_asked_again(client, server, book, reply, ask):
    server.will(says_no(reply, 429, "You exceeded your current quota", code="insufficient_quota"))
    with pytest.raises(ModelRefused, match="no credit"):
        await client.complete(ask(), book)
    assert len(server.seen) == 1


async def test_no_secret_comes_back_in_a_message(client_with, server, book, reply, ask):
    server.will(says_no(reply, 401, "the key sk-very-secret\nis wrong"))
    client = client_with(server.url.replace("//", "//user:hidden@"), api_key="sk-very-secret")
    with pytest.raises(ModelRefused) as caught:
        await client.complete(ask(), book)
    assert "the key *** is wrong" in str(caught.value)
    assert "hidden" not in str(caught.value)


async def test_a_web_page_is_not_a_model(client, server, book, reply, ask):
    server.will(reply.status(200, "<html>Welcome</html>", content_type="text/html"))
    with pytest.raises(ModelRefused, match=r"web page.*LLM_BASE_URL"):
        await client.complete(ask(), book)


@pytest.mark.parametrize("body", ["Bad Gateway", '{"detail": "Not Found"}', "[]", '{"error": null}', ""])
async def test_any_body_of_an_error_gives_a_line(client, server, book, reply, ask, body):
    server.will(reply.status(404, body))
    with pytest.raises(ModelRefused, match="404"):
        await client.complete(ask(), book)


async def test_a_field_the_model_does_not_take_is_left_out_from_then_on(client, server, book, reply, ask):
    server.will(
        says_no(reply, 400, "Unsupported value", param="temperature"),
        says_no(reply, 422, "unknown field stream_options"),
        says_no(reply, 400, "Use 'max_completion_tokens' instead of 'max_tokens'"),
        reply.says(),
    )
    await client.complete(ask(), book)
    await client.complete(ask(), book)
    last = server.seen[-1].body
    assert len(server.seen) == 5
    assert not {"temperature", "stream_options", "max_tokens"} & set(last)
    assert last["max_completion_tokens"] == 2_048
    assert book.released == ["res_1", "res_2", "res_3"]


async def test_another_model_still_gets_every_field(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "no temperature"), reply.says())
    await client.complete(ask(), book)
    await client.complete(ask(tier="strong"), book)
    assert "temperature" in server.seen[-1].body


async def test_a_field_that_is_refused_although_left_out_ends_it(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "temperature temperature temperature"))
    with pytest.raises(ModelRefused):
        await client.complete(ask(), book)
    assert len(server.seen) == 2


async def test_two_that_learn_the_same_at_once_both_get_their_answer(client, server, book, reply, ask):
    both = asyncio.Barrier(2)

    async def refuse_together(writer):
        await both.wait()
        await says_no(reply, 400, "no temperature")(writer)

    server.will(refuse_together, refuse_together, reply.says())
    answers = await asyncio.gather(client.complete(ask(), book), client.complete(ask(), book))
    assert [answer.text for answer in answers] == ["Hello.", "Hello."]


THINKS = {
    "role": "assistant",
    "content": "",
    "provider": ProviderFields("mid", {"reasoning": "Hm."}),
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "finish", "arguments": "{}"}}],
}


def conversation(steps):
    answer = [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}]
    return [{"role": "system", "content": "s"}, {"role": "user", "content": "go"}, *answer * steps]


@pytest.mark.parametrize(
    "lesson",
    [
        ("max_tokens is too large: 2048. This model supports at most 1024 completion tokens", "max_tokens", 1024),
        ("`max_tokens` must be less than or equal to `512`", "max_tokens", 512),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 800]", "max_tokens", 800),
        ("Your organization must be verified to stream this model.", "stream", False),
    ],
)
async def test_a_limit_that_the_refusal_names_is_kept_from_then_on(client, server, book, reply, ask, lesson):
    said, field, asked = lesson
    server.will(says_no(reply, 400, said), reply.says())
    await client.complete(ask(), book)
    await client.complete(ask(), book)
    assert [seen.body[field] for seen in server.seen[1:]] == [asked, asked]


async def test_the_room_that_is_left_in_the_context_counts_for_this_request_only(client, server, book, reply, ask):
    said = (
        "'max_tokens' or 'max_completion_tokens' is too large: 2048. This model's maximum context length is 8192 "
        "tokens and your request has 7192 input tokens (2048 > 8192 - 7192)."
    )
    server.will(says_no(reply, 400, said), reply.says())
    await client.complete(ask(), book)
    await client.complete(ask(), book)
    assert [seen.body["max_tokens"] for seen in server.seen] == [2048, 1000, 2048]


async def test_thinking_that_the_server_wants_back_and_nobody_kept_is_empty(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "Missing `reasoning_content` field in the assistant message"), reply.says())
    await client.complete(ask(messages=[THINKS]), book)
    assert server.seen[-1].body["messages"][0]["reasoning_content"] == ""


async def test_a_field_of_the_history_that_the_server_does_not_take_is_left_out(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "property 'reasoning' is unsupported"), reply.says())
    await client.complete(ask(messages=[THINKS]), book)
    assert ["reasoning" in seen.body["messages"][0] for seen in server.seen] == [True, False]


async def test_a_full_context_leaves_out_older_steps_and_says_so(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "too long", code="context_length_exceeded"), reply.says())
    await client.complete(ask(messages=conversation(8)), book)
    first, second = (seen.body["messages"] for seen in server.seen)
    assert len(second) == 2 + 8
    assert second[0] == first[0]
    assert "left out" in second[1]["content"]
    await client.complete(ask(messages=conversation(8)), book)
    assert len(server.seen) == 3, "the size is remembered"


async def test_a_context_that_is_full_with_one_step_ends_the_task_and_not_the_mission(client, server, book, reply, ask):
    server.will(says_no(reply, 413, "too long"))
    with pytest.raises(RequestNotTaken, match="context"):
        await client.complete(ask(messages=conversation(1)), book)


async def test_what_a_filter_refuses_is_told_apart(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "filtered by the content management policy", code="content_filter"))
    with pytest.raises(FilteredByProvider):
        await client.complete(ask(), book)
    assert len(server.seen) == 1


async def test_a_malformed_call_that_the_server_refuses_is_asked_for_again(client, server, book, reply, ask):
    server.will(says_no(reply, 400, "Failed to call a function.", code="tool_use_failed"), reply.says())
    assert (await client.complete(ask(), book)).text == "Hello."


@pytest.mark.parametrize("refusal", [(500, "tools param requires --jinja flag"), (400, "set --tool-call-parser")])
async def test_a_server_that_must_be_started_otherwise_is_not_asked_again(complete, server, reply, refusal):
    server.will(says_no(reply, *refusal))
    with pytest.raises(ModelRefused, match=refusal[1]):
        await complete()
    assert len(server.seen) == 1


async def test_a_server_that_always_finds_something_new_ends_it(client, server, book, reply, ask):
    names = iter(range(2000, 10, -10))

    async def less(writer):
        await says_no(reply, 400, f"max_tokens: at most {next(names)} completion tokens")(writer)

    server.will(less)
    with pytest.raises(RequestNotTaken):
        await client.complete(ask(), book)
    assert len(server.seen) < 20


async def test_a_limit_that_thinking_alone_would_use_up_is_raised_for_this_request(client, server, book, reply, ask):
    said = "`max_tokens` must be greater than `thinking.budget_tokens`."
    server.will(says_no(reply, 400, said), says_no(reply, 400, said), reply.says())
    await client.complete(ask(max_tokens=512), book)
    assert [seen.body["max_tokens"] for seen in server.seen] == [512, 2048, 8192]
    server.will(says_no(reply, 400, said))
    with pytest.raises(RequestNotTaken):
        await client.complete(ask(max_tokens=512), book)
    assert server.seen[-1].body["max_tokens"] == 32_768


@pytest.mark.parametrize("shown", ["sk-secret-0123456789", "sk-sec***6789", "sk-secret…"])
async def test_a_key_is_not_shown_whole_nor_in_part(client_with, server, book, reply, ask, shown):
    server.will(says_no(reply, 401, f"{'x' * 250} Incorrect API key provided: {shown}. Look at your account."))
    with pytest.raises(ModelRefused) as caught:
        await client_with(api_key="sk-secret-0123456789").complete(ask(), book)
    assert "Incorrect API key provided: ***" in str(caught.value)
    assert "sk-sec" not in str(caught.value)


async def test_thinking_that_may_not_be_empty_is_a_space(client, server, book, reply, ask):
    missing = says_no(reply, 400, "reasoning_content is missing in assistant tool call message at index 2")
    server.will(missing, missing, reply.says())
    await client.complete(ask(messages=[THINKS]), book)
    assert [seen.body["messages"][0].get("reasoning_content") for seen in server.seen] == [None, "", " "]


async def test_a_check_that_repeats_what_was_sent_is_not_read_as_the_server_s_words(client, server, book, reply, ask):
    checks = [{"loc": ["body", "messages", 0], "msg": "wrong", "input": "api key not valid, insufficient_quota"}]
    server.will(reply.status(422, {"detail": checks}))
    with pytest.raises(RequestNotTaken, match=r"body\.messages\.0: wrong") as caught:
        await client.complete(ask(), book)
    assert "insufficient_quota" not in str(caught.value)


async def test_an_answer_that_is_broken_off_by_too_much_to_do_is_waited_for_and_may_be_billed(
    client_with, server, book, reply, ask
):
    error = {"error": {"code": 429, "message": "Rate limit reached. Please try again in 90s."}}
    server.will(reply.stream(reply.delta(content="Half"), error))
    with pytest.raises(ModelBusy) as caught:
        await client_with(retries=0).complete(ask(), book)
    assert caught.value.seconds == 90
    assert book.was_lost == ["res_1"]


async def test_a_model_that_loads_after_it_said_something_may_be_billed(client_with, server, book, reply, ask):
    loading = {"error": {"message": "the model is loading"}}
    server.will(reply.stream(reply.delta(content="Half"), loading), reply.stream(loading), reply.says())
    await client_with().complete(ask(), book)
    assert (book.was_lost, book.released) == (["res_1"], ["res_2"])
