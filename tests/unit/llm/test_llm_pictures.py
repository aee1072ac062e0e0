"""A picture goes to a model that sees and to no other, and counts what a model may count for it, not its bytes."""

import base64
import hashlib
import os

import pytest

from damascus.core.records.turns import PICTURES, Picture
from damascus.llm.pictures import UNSEEN, max_picture_tokens
from damascus.llm.port import ModelRequest, ShownPicture
from tests.fixtures.pictures import png

PNG = png(1280, 800, os.urandom(200_000))
PRICED = {"price": {"input": 1, "output": 10}, "context_window": 10**6}
SEES = {"mid": {**PRICED, "vision": True}}


def asks(data: bytes = PNG, **more: object) -> ModelRequest:
    """A request with a screenshot, as a task's conversation has one."""
    picture = Picture("reports/m/screenshots/front.png", hashlib.sha256(data).hexdigest(), 1280, 800)
    call = {"id": "c1", "type": "function", "function": {"name": "screenshot", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "title: Tea"},
        {"role": "user", "content": "the picture:", PICTURES: [ShownPicture(picture, data)]},
    ]
    return ModelRequest(**{"tier": "standard", "messages": messages, **more})


async def test_a_model_that_sees_gets_it_as_the_protocol_has_it(client_with, server, book):
    await client_with(models=SEES).complete(asks(), book)
    *_, result, last = server.seen[0].body["messages"]
    assert result == {"role": "tool", "tool_call_id": "c1", "content": "title: Tea"}
    words, picture = last["content"]
    assert (last["role"], words) == ("user", {"type": "text", "text": "the picture:"})
    assert picture["type"] == "image_url"
    head, _, data = picture["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data, validate=True) == PNG


@pytest.mark.parametrize("said", [{}, {"vision": False}], ids=["nothing said", "said not to"])
async def test_another_model_gets_words(client_with, server, book, said):
    await client_with(models={"mid": {**PRICED, **said}}).complete(asks(), book)
    assert server.seen[0].body["messages"][-1] == {"role": "user", "content": f"the picture:\n{UNSEEN}"}


async def test_a_fallback_that_does_not_see_gets_words_where_the_first_model_got_the_picture(
    client_with, server, book, reply
):
    server.will(*[reply.status(503, "overloaded")] * 4, reply.says())
    await client_with(models=SEES, fallbacks=["spare"]).complete(asks(), book)
    first, *_, last = server.seen
    assert first.body["model"] == "mid"
    assert isinstance(first.body["messages"][-1]["content"], list)
    assert last.body["model"] == "spare"
    assert last.body["messages"][-1]["content"].endswith(UNSEEN)


@pytest.mark.parametrize(
    "words",
    [
        "Invalid content type. image_url is only supported by certain models.",
        "No endpoints found that support image input",
        "m is not a multimodal model",
        "unknown variant `image_url`, expected `text`",
        "Input should be a valid string: messages.3.content must be a string",
        "this model does not support vision",
    ],
)
@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_model_that_was_said_to_see_and_does_not_is_asked_again_in_words_and_from_then_on(
    client_with, server, book, reply, words, status
):
    client = client_with(models=SEES)
    server.will(reply.status(status, {"error": {"message": words}}), reply.says())
    await client.complete(asks(), book)
    await client.complete(asks(), book)
    had = [isinstance(one.body["messages"][-1]["content"], list) for one in server.seen]
    assert had == [True, False, False]
    assert "sees pictures (config)" not in client.facts("mid")
    assert "takes no image_url (learnt)" in client.facts("mid")


async def test_a_refusal_of_something_else_teaches_nothing_of_pictures(client_with, server, book, reply):
    client = client_with(models=SEES)
    server.will(reply.status(400, {"error": {"message": "Unsupported parameter: temperature"}}), reply.says())
    await client.complete(asks(), book)
    assert all(isinstance(one.body["messages"][-1]["content"], list) for one in server.seen)
    assert "sees pictures (config)" in client.facts("mid")


async def test_what_is_reserved_is_by_the_picture_s_pixels_and_not_by_its_bytes(client_with, server, book):
    client = client_with(models=SEES)
    small, large = asks(png(1280, 800), max_tokens=100), asks(max_tokens=100)
    assert client.worst_cost("mid", small) == client.worst_cost("mid", large)
    blind = client_with().worst_cost("mid", small)
    counts = max_picture_tokens(1280, 800)
    assert blind + counts - 300 < client.worst_cost("mid", large) < blind + counts + 300
    assert len(PNG) > 4 * counts, "the bytes would have been more"
    await client.complete(large, book)
    assert list(book.reserved.values()) == [client.worst_cost("mid", large)]


async def test_a_conversation_is_not_shortened_for_the_bytes_of_a_picture(client_with, server, book):
    client = client_with(models={"mid": {**SEES["mid"], "context_window": 32_000}})
    await client.complete(asks(), book)
    assert len(server.seen[0].body["messages"]) == 4


async def test_a_server_s_count_of_tokens_is_believed_beside_a_picture(client_with, server, book, reply):
    server.will(reply.stream(reply.delta(content="I see."), reply.delta("stop"), reply.counted(2_500, 3)))
    response = await client_with(models=SEES).complete(asks(), book)
    assert (response.counted, response.cost.input_tokens) == (True, 2_500)


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [
        (512, 512, 2_833 + 5_667),
        (513, 512, 2_833 + 5_667 * 2),
        (1280, 800, 2_833 + 5_667 * 6),  # 1229 x 768
        (2000, 2000, 2_833 + 5_667 * 4),  # 768 x 768
        (200, 2000, 2_833 + 5_667 * 4),
        (4096, 1024, 2_833 + 5_667 * 4),  # 2048 x 512
        (200, 200, 2_833 + 5_667),
    ],
)
def test_what_a_picture_counts_is_as_its_vendor_has_it(width, height, tokens):
    assert max_picture_tokens(width, height) == tokens


@pytest.mark.parametrize(("width", "height"), [(200, 200), (1280, 800), (2000, 2000), (2000, 200)])
def test_no_other_vendor_counts_more(width, height):
    anthropic, google = min(width * height / 750, 4_784), 258 * (-(-width // 768)) * (-(-height // 768))
    assert max_picture_tokens(width, height) >= max(anthropic, google)
