"""A server that will not: one clear line that names the setting to mend; fields it does not know are left out."""

import asyncio

import pytest

from damascus.core.errors import ModelRefused


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
        (400, "LLM_MODEL"),
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
