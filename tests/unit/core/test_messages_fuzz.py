"""A message as a door: good ones with strange parts pass whole or are refused in one line."""

import json
from typing import Any

from hypothesis import given

from damascus.core.errors import Invalid
from damascus.core.messages import Message
from tests.fixtures.fuzz import ANYTHING, door, is_one_line, spoilt

GOOD = {
    "id": "msg_1", "from": "ceo", "to": "vp", "type": "directive", "parent": None, "content": "Do it",
    "context": {"budget_microusd": 1, "playbook": "startup", "hops": 1}, "timestamp": "2026-11-21T05:00:00Z",
}  # fmt: skip


def take(data: Any) -> None:
    try:
        message = Message.from_json(json.dumps(data))
    except Invalid as error:
        assert is_one_line(str(error)), repr(str(error))
        return
    assert Message.from_json(message.to_json()) == message
    assert isinstance(message.hops, int)
    assert "\0" not in f"{message.id}{message.sender}{message.to}{message.parent}"


@door()
@given(spoilt(GOOD))
def test_a_spoilt_message_is_whole_or_refused_in_one_line(data: Any) -> None:
    take(data)


@door()
@given(ANYTHING)
def test_any_json_is_a_message_or_refused_in_one_line(data: Any) -> None:
    take(data)
