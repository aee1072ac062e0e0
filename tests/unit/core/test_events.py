"""Old events still load: golden_events.json holds one of each kind as it was first written."""

import json
from pathlib import Path

import pytest

from damascus.core.errors import Invalid
from damascus.core.events import PAYLOADS, EventKind, read_payload

GOLDEN = json.loads((Path(__file__).parent / "golden_events.json").read_text())


def test_the_golden_file_has_every_kind() -> None:
    assert set(GOLDEN) == {kind.value for kind in EventKind} == {kind.value for kind in PAYLOADS}


@pytest.mark.parametrize("kind", GOLDEN)
def test_an_event_of_version_1_still_loads(kind: str) -> None:
    payload = read_payload(kind, GOLDEN[kind])
    assert payload.model_dump(mode="json", exclude_none=True) == GOLDEN[kind]


def test_an_unknown_kind_and_a_wrong_payload_are_refused_in_words() -> None:
    with pytest.raises(Invalid, match="unknown event kind 'rumour'"):
        read_payload("rumour", {})
    with pytest.raises(Invalid, match="finding payload: text"):
        read_payload("finding", {"v": 1})
