"""Logging in at the ledger: a code is good for one, however many come at once; a session lasts while it is used."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from damascus.core.clock import FixedClock
from damascus.core.errors import NotFound
from damascus.core.records.sessions import LoginKind
from damascus.ledger.engine import Ledger
from damascus.work import sessions

SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def timed(ledger_url: str, clock: FixedClock) -> AsyncIterator[Ledger]:
    ledger = Ledger(ledger_url, clock)
    yield ledger
    await ledger.close()


async def code_of(ledger: Ledger, kind: LoginKind = LoginKind.LINK) -> str:
    async with ledger.transaction() as tx:
        return (await sessions.make_code(tx, kind)).secret


async def log_in(ledger: Ledger, code: str) -> sessions.LoggedIn | None:
    async with ledger.transaction() as tx:
        return await sessions.log_in(tx, code, "a browser")


async def is_known(ledger: Ledger, token: str) -> bool:
    async with ledger.reading() as tx:
        return await sessions.session_of(tx, token) is not None


@pytest.mark.parametrize("kind", LoginKind)
async def test_of_many_who_use_one_code_at_once_one_is_logged_in(timed: Ledger, kind: LoginKind) -> None:
    code = await code_of(timed, kind)
    got = await asyncio.gather(*(log_in(timed, code) for _ in range(sessions.MAX_TRIES)))
    (session,) = [one for one in got if one is not None]
    assert await is_known(timed, session.token)


@pytest.mark.parametrize("kind", LoginKind)
async def test_a_code_is_good_until_its_time_is_over_and_no_longer(
    timed: Ledger, clock: FixedClock, kind: LoginKind
) -> None:
    early, late = await code_of(timed, kind), await code_of(timed, kind)
    clock.advance(sessions.LIFETIME[kind].total_seconds() - 1)
    assert await log_in(timed, early)
    clock.advance(1)
    assert await log_in(timed, late) is None


async def test_a_pairing_code_takes_five_wrong_tries_and_a_link_any_number(timed: Ledger) -> None:
    link, kept, spent = await code_of(timed), await code_of(timed, LoginKind.PAIRING), "AAAAAAAA"
    for _ in range(sessions.MAX_TRIES - 1):
        assert await log_in(timed, spent) is None
    assert await log_in(timed, f" {kept[:4].lower()}-{kept[4:].lower()}\n")
    pairing = await code_of(timed, LoginKind.PAIRING)
    for _ in range(sessions.MAX_TRIES):
        assert await log_in(timed, spent) is None
    assert await log_in(timed, pairing) is None
    assert await log_in(timed, link)


async def test_a_session_lasts_while_it_is_used_and_ends_when_it_is_ended(timed: Ledger, clock: FixedClock) -> None:
    kept, idle, ended = [await log_in(timed, await code_of(timed)) for _ in range(3)]
    assert kept
    assert idle
    assert ended
    clock.advance(sessions.SESSION_LIFETIME.total_seconds() - 1)
    async with timed.transaction() as tx:
        await sessions.note_use(tx, kept.session)
        assert (await sessions.end(tx, ended.session.id)).id == ended.session.id
    assert await is_known(timed, idle.token)
    assert not await is_known(timed, ended.token)
    clock.advance(1)
    assert [await is_known(timed, one.token) for one in (kept, idle, ended)] == [True, False, False]
    async with timed.transaction() as tx:
        assert [row.id for row in await tx.sessions.list()] == [kept.session.id]
        with pytest.raises(NotFound, match="ceo session list"):
            await sessions.end(tx, ended.session.id)


async def test_the_ledger_holds_neither_code_nor_token(timed: Ledger) -> None:
    code = await code_of(timed)
    got = await log_in(timed, code)
    assert got
    async with timed.reading() as tx:
        rows = [await tx.sessions.get(got.session.id), (await tx.login_codes._select({}))[0]]
    assert code not in str(rows)
    assert got.token not in str(rows)


async def test_what_was_over_long_ago_is_deleted(timed: Ledger, clock: FixedClock) -> None:
    await log_in(timed, await code_of(timed))
    clock.advance((sessions.KEPT_FOR + sessions.SESSION_LIFETIME + SECOND).total_seconds())
    await code_of(timed)
    async with timed.reading() as tx:
        assert len(await tx.login_codes._select({})) == 1
        assert await tx.sessions._select({}) == []
