"""The wire format: what fits passes unchanged, what does not is refused in one line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.errors import DamascusError, Invalid
from damascus.core.messages import MAX_HOPS, MAX_MESSAGE_BYTES, Message, MessageType

ROOT = Path(__file__).parents[3]


def wire(**changes: object) -> str:
    fields = {"id": "msg_1", "from": "ceo", "to": "vp", "type": "directive", "parent": None, "content": "Do it",
              "context": {}, "timestamp": "2026-11-21T05:00:00Z"}  # fmt: skip
    return json.dumps({**fields, **changes})


def test_a_message_comes_back_as_it_was_sent() -> None:
    message = Message(sender="vp", to="pm", type=MessageType.ASSIGNMENT, content="words", context={"hops": 2})
    assert Message.from_json(message.to_json()) == message
    assert json.loads(message.to_json())["from"] == "vp"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (wire(type="shout"), "type"),
        (wire(extra=1), "extra"),
        (wire(timestamp="yesterday"), "timestamp"),
        (wire(timestamp="2026-11-21T05:00:00"), "timestamp"),
        (wire(content=None), "content"),
        (wire(**{"from": ""}), "from"),
        (wire(context=[]), "context"),
        ("[]", "message"),
        ("{", "message"),
        ("", "message"),
        (wire(content="x" * MAX_MESSAGE_BYTES), "bytes"),
    ],
)
def test_what_is_not_of_the_format_is_refused_and_the_place_named(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        Message.from_json(text)


@given(st.text() | st.binary())
def test_no_text_breaks_the_door(text: str | bytes) -> None:
    try:
        Message.from_json(text)
    except DamascusError as error:
        assert "\n" not in str(error)[:80]


def test_half_a_character_is_replaced_so_that_it_can_be_sent() -> None:
    message = Message(sender="vp", to="pm", type=MessageType.CONVERSATION, content="a\ud800b")
    assert Message.from_json(message.to_json()).content == "a?b"


@pytest.mark.parametrize("hops", [0, 7, "many", None])
def test_a_hop_count_that_is_no_number_counts_as_too_many(hops: object) -> None:
    message = Message(sender="vp", to="pm", type=MessageType.CONVERSATION, content="", context={"hops": hops})
    assert message.hops == (hops if isinstance(hops, int) else MAX_HOPS)


def test_somebody_sends_or_obeys_every_type() -> None:
    code = [path.read_text() for folder in ("damascus", "agents") for path in (ROOT / folder).rglob("*.py")]
    for kind in MessageType:
        assert any(f"MessageType.{kind.name}" in text for text in code), kind
