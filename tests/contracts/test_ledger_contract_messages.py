"""The outbox and exactly-once handling, on each database."""

import asyncio
from datetime import timedelta

import pytest

from damascus.core.clock import FixedClock
from damascus.ledger.engine import Ledger
from damascus.ledger.queries.messages import to_message
from tests.fixtures.rows import WHEN, a_message

MINUTE = timedelta(minutes=1)


async def handle(ledger: Ledger, id: str, by: str) -> bool:
    """A handler: its effect is a policy of its own name."""
    async with ledger.transaction() as tx:
        if not await tx.messages.mark_handled(id, by):
            return False
        await tx.policies.put(f"effect of {by}", id, tx.now)
        return True


async def effects(ledger: Ledger) -> list[str]:
    async with ledger.reading() as tx:
        return [policy.key for policy in await tx.policies.list()]


async def test_a_message_delivered_twice_is_handled_once(ledger: Ledger) -> None:
    message = a_message()
    async with ledger.transaction() as tx:
        await tx.messages.post(message)

    assert await handle(ledger, message.id, "a")
    assert not await handle(ledger, message.id, "a")
    assert not await handle(ledger, message.id, "b")
    assert await effects(ledger) == ["effect of a"]


async def test_of_many_who_handle_a_message_at_once_one_does(ledger: Ledger) -> None:
    message = a_message()
    async with ledger.transaction() as tx:
        await tx.messages.post(message)

    results = await asyncio.gather(*(handle(ledger, message.id, f"w{n}") for n in range(20)))

    assert sum(results) == 1
    assert await effects(ledger) == [f"effect of w{results.index(True)}"]


async def test_a_handler_that_dies_leaves_the_message_to_the_next(ledger: Ledger) -> None:
    message = a_message()
    async with ledger.transaction() as tx:
        await tx.messages.post(message)

    async def die_handling() -> None:
        async with ledger.transaction() as tx:
            assert await tx.messages.mark_handled(message.id, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await die_handling()
    assert await handle(ledger, message.id, "b")


async def test_a_message_that_the_ledger_does_not_know_is_not_handled(ledger: Ledger) -> None:
    assert not await handle(ledger, "msg_unknown", "a")


async def test_a_message_of_a_block_that_failed_was_never_posted(ledger: Ledger) -> None:
    async def die_posting() -> None:
        async with ledger.transaction() as tx:
            await tx.messages.post(a_message())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await die_posting()
    async with ledger.reading() as tx:
        assert await tx.messages.unsent(tx.now + MINUTE) == []


async def test_what_a_crash_left_unsent_is_found_oldest_first_until_it_is_sent(ledger_url: str) -> None:
    clock = FixedClock(WHEN)
    ledger = Ledger(ledger_url, clock)
    messages = [a_message(str(n), context={"hops": n}) for n in range(3)]
    async with ledger.transaction() as tx:
        for message in messages:
            await tx.messages.post(message)
        await tx.messages.post(a_message("came from Redis"), sent=True)
        assert tx.messages.posted == messages

    async with ledger.reading() as tx:
        assert await tx.messages.unsent(WHEN - MINUTE) == []
        found = await tx.messages.unsent(WHEN)
    assert [row.content for row in found] == ["0", "1", "2"]
    again = to_message(found[2])
    assert (again.id, again.sender, again.to, again.context) == (messages[2].id, "vp", "pm", {"hops": 2})

    async with ledger.transaction() as tx:
        await tx.messages.mark_sent([message.id for message in messages[:2]], tx.now)
    async with ledger.reading() as tx:
        assert [row.content for row in await tx.messages.unsent(WHEN)] == ["2"]
    await ledger.close()


async def test_what_was_sent_long_ago_and_not_handled_is_found_again(ledger_url: str) -> None:
    clock = FixedClock(WHEN)
    ledger = Ledger(ledger_url, clock)
    forgotten, handled, unsent, other = (a_message(name) for name in ("forgotten", "handled", "unsent", "other"))
    async with ledger.transaction() as tx:
        for message in (forgotten, handled, unsent):
            await tx.messages.post(message)
        await tx.messages.post(other.model_copy(update={"to": "ceo"}))
        await tx.messages.mark_sent([forgotten.id, handled.id, other.id], tx.now)
        await tx.messages.mark_handled(handled.id, "a")

    async with ledger.reading() as tx:
        assert await tx.messages.unhandled(WHEN - MINUTE, ["pm"]) == []
        assert [row.content for row in await tx.messages.unhandled(WHEN, ["pm", "vp"])] == ["forgotten"]
    await ledger.close()


async def test_a_burst_of_a_thousand_is_marked_sent_at_once(ledger: Ledger) -> None:
    messages = [a_message(str(n)) for n in range(1000)]
    async with ledger.transaction() as tx:
        for message in messages:
            await tx.messages.post(message)
    async with ledger.transaction() as tx:
        await tx.messages.mark_sent([message.id for message in messages], tx.now)

    async with ledger.reading() as tx:
        assert await tx.messages.unsent(tx.now + MINUTE) == []
