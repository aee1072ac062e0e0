"""The office's door for strangers: whatever is published on a channel is taken in whole or leaves nothing."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from damascus.composition.company import Company
from damascus.core.ids import new_id
from damascus.office.foreign_directives import ForeignDirectives
from tests.fixtures.fuzz import door, spoilt

SECRET = "the desk's own word"
GOOD = {
    "from": "ceo", "to": "vp", "type": "directive", "parent": None, "content": "Do it",
    "context": {"desk_secret": SECRET, "budget_microusd": 1_000_000}, "timestamp": "2026-11-21T05:00:00Z",
}  # fmt: skip


async def counts(office: Company) -> tuple[int, int]:
    """How many messages to the VP there are, and how many events."""
    async with office.outbox.reading() as tx:
        later = tx.now.replace(year=2500)
        rows = [*await tx.messages.unhandled(later, ["vp"], 10_000), *await tx.messages.unsent(later, 10_000)]
        return len({row.id for row in rows}), await tx.events.last()


async def take_in(office: Company, text: str) -> None:
    before = await counts(office)
    await ForeignDirectives(office, SECRET).accept_foreign_message("damascus:vp", text)
    after = await counts(office)
    # a directive is a message and two events, or nothing
    assert (after[0] - before[0], after[1] - before[1]) in ((0, 0), (1, 2)), text


@door(5)
@given(spoilt(GOOD), st.booleans())
async def test_a_spoilt_directive_is_taken_in_whole_or_leaves_nothing(office: Company, data: Any, own: bool) -> None:
    named = {"id": new_id("msg"), **data} if own and isinstance(data, dict) else data
    await take_in(office, json.dumps(named))


@door(5)
@given(st.text(max_size=300))
async def test_any_text_leaves_nothing(office: Company, text: str) -> None:
    await take_in(office, text)
