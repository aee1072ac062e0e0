"""Whatever a model costs and whatever its server says that it costs, the limit that the CEO set holds.

Class: a price that is unknown, wrong or a lie. The proxy is compose's: its own litellm.yaml, the aliases and settings
of docker-compose.yml, and a stand-in that was compared with LiteLLM 1.108.7 (tests/fixtures/litellm.py).

Siblings tried: tiers of long context, per request and per image, two deployments behind an alias, surcharges, cached
and hidden tokens, a list that is away, broken or endless, claims of a thousand dollars and of none.
"""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import text
from sqlalchemy.engine import make_url

from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.errors import Unavailable
from damascus.core.records.tasks import Task
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.llm.client import ModelClient
from damascus.llm.port import ModelRequest, ModelResponse
from damascus.llm.proxy_prices import read_listing
from damascus.work.budget import limits, settlement
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from tests.fixtures.fuzz import ANYTHING, door
from tests.fixtures.litellm import LONG, O1_PRO, UNPRICED, Proxy, company_of_compose
from tests.fixtures.postgres import Postgres
from tests.fixtures.story import claim, planned, running_mission, task_of

CLASS = "price that is unknown, wrong or a lie"


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    proxy = Proxy()
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=2**24)
    proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
    yield proxy
    listening.close()


@dataclass
class Desk:
    """A task with a budget, and the model that it asks through the proxy."""

    outbox: Outbox
    bus: Bus
    settings: Settings
    task: Task
    client: ModelClient
    clock: FixedClock

    async def ask(self, size: int = 2_000, max_tokens: int = 500, tier: Any = "strong") -> ModelResponse:
        """One call that is paid for."""
        lease = TaskLease(self.outbox, self.task, self.settings, self.clock)
        meter = BudgetMeter(self.outbox, lease, self.settings, self.clock)
        request = ModelRequest(tier, [{"role": "user", "content": "y" * size}], max_tokens=max_tokens)
        answer = await self.client.complete(request, meter)
        async with self.outbox.transaction() as tx:
            await settlement.settle(tx, answer.reservation, self.task, answer.cost, self.settings)
        return answer

    async def ask_until_it_is_used_up(self, **call: Any) -> int:
        for calls in range(500):
            try:
                await self.ask(**call)
            except limits.LimitReached:
                return calls
        raise AssertionError("the limit never stopped it")

    async def spent(self) -> int:
        async with self.outbox.reading() as tx:
            row = await tx.budgets.get(limits.mission_scope(self.task.mission_id))
        assert row.reserved == 0
        return row.spent

    async def told(self) -> list[str]:
        async with self.outbox.reading() as tx:
            return [row.content for row in await tx.messages.to_role(self.task.mission_id, "ceo", ["status"])]


LIMIT = 2_000_000


@asynccontextmanager
async def a_desk(outbox: Outbox, bus: Bus, proxy: Proxy) -> AsyncIterator[Desk]:
    config = company_of_compose(proxy.url, LLM_MODEL="openai/o1-pro")
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, config)
    mission = await running_mission(outbox, planned("a"), budget=LIMIT)
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    clock = FixedClock()
    client = ModelClient(config.model, proxy.url, clock, config.models)
    yield Desk(outbox, bus, config, task, client, clock)
    await client.close()
    await outbox.close()


@pytest.fixture
async def desk(sqlite_ledger: Ledger, bus: Bus, proxy: Proxy) -> AsyncIterator[Desk]:
    async with a_desk(Outbox(sqlite_ledger, bus), bus, proxy) as desk:
        yield desk


@pytest.mark.attack("a dear model behind compose's alias", CLASS)
async def test_a_dear_model_behind_an_alias_of_compose_never_bills_more_than_the_limit(
    desk: Desk, proxy: Proxy
) -> None:
    proxy.prices = dict.fromkeys(("strong", "standard", "cheap"), O1_PRO)
    assert await desk.ask_until_it_is_used_up() > 2
    assert proxy.billed * 1e6 <= LIMIT
    assert 0 <= await desk.spent() - proxy.billed * 1e6 <= len(proxy.asked)  # each is rounded up
    assert proxy.looked_up == 1


@pytest.mark.attack("a proxy that falls back to a model nobody reserved for", CLASS)
def test_a_tier_of_compose_falls_back_to_the_next_by_the_company_itself(proxy: Proxy) -> None:
    config = company_of_compose(proxy.url, LLM_MODEL="openai/o1-pro")
    assert (config.model.tiers.strong, config.model.fallbacks) == ("strong", ["standard", "cheap"])
    assert company_of_compose(proxy.url).model.fallbacks == []
    assert proxy.aliases() == ["strong", "standard", "cheap", "rehearsal"]


@pytest.mark.attack("a model whose price nobody knows beforehand", CLASS)
async def test_an_unpriced_models_reported_cost_is_counted_in_full_and_reserved_from_then_on(
    desk: Desk, proxy: Proxy
) -> None:
    """A proxy that lists no prices but reports the cost: the call of $0.62 that held $0.19."""
    proxy.listing, proxy.prices = b'{"data": []}', {"strong": O1_PRO}
    first = await desk.ask()
    assert first.cost.cost_microusd == pytest.approx(proxy.billed * 1e6, abs=1)
    await desk.ask_until_it_is_used_up()
    assert 0 <= await desk.spent() - proxy.billed * 1e6 <= len(proxy.asked)
    assert proxy.billed * 1e6 <= LIMIT


@pytest.mark.attack("an answer that claims a thousand dollars", CLASS)
@pytest.mark.parametrize("priced", [True, False])
@pytest.mark.parametrize("usage", [{"cost": 1_000}, {"cost": "1e9"}, {"prompt_tokens": 10**7, "cost": None}])
async def test_an_incredible_figure_counts_at_the_worst_case_and_the_ceo_is_told(
    desk: Desk, proxy: Proxy, usage: dict[str, Any], priced: bool
) -> None:
    proxy.prices, proxy.usage = {"strong": LONG if priced else UNPRICED}, usage
    await desk.ask()
    await desk.ask()
    assert await desk.spent() < LIMIT / 4
    assert len([text for text in await desk.told() if "which cannot be" in text]) == 1


@pytest.mark.attack("an answer that reports less than it costs", CLASS)
@pytest.mark.parametrize(
    "usage",
    [
        {"cost": 0}, {"cost": 1e-9}, {"cost": None}, {"prompt_tokens": 1, "cost": None},
        {"completion_tokens": 1, "total_tokens": None, "cost": None}, {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": -5, "cost": -1}, {"cost": None, "prompt_tokens": None, "completion_tokens": None},
    ],
)  # fmt: skip
async def test_what_a_server_keeps_quiet_about_is_counted_all_the_same(
    desk: Desk, proxy: Proxy, usage: dict[str, Any]
) -> None:
    proxy.prices = {"strong": O1_PRO}
    proxy.usage = usage
    await desk.ask()
    assert await desk.spent() >= proxy.billed * 1e6 * 0.9


@pytest.mark.attack("thinking that is in no count but the total", CLASS)
@pytest.mark.parametrize(
    "usage",
    [
        {"completion_tokens": 60, "total_tokens": 5_669, "completion_tokens_details": {"reasoning_tokens": 2_809}},
        {"completion_tokens": 60, "total_tokens": 5_669},
        {"completion_tokens": 60, "total_tokens": None, "completion_tokens_details": {"reasoning_tokens": 2_809}},
    ],
)
async def test_hidden_thinking_is_paid_for(desk: Desk, proxy: Proxy, usage: dict[str, Any]) -> None:
    proxy.prices, proxy.text = {"strong": LONG}, "short"
    proxy.usage = {"prompt_tokens": 2_800, **usage, "cost": None}
    answer = await desk.ask(size=11_000, max_tokens=6_000)
    assert (answer.cost.output_tokens, answer.cost.cost_microusd) == (2_869, 32_190)


@pytest.mark.attack("cached tokens that make a call look free or double", CLASS)
async def test_cached_tokens_are_cheap_only_where_the_server_says_what_they_cost(desk: Desk, proxy: Proxy) -> None:
    proxy.prices = {"strong": LONG}
    proxy.usage = {"prompt_tokens": 5_000, "prompt_tokens_details": {"cached_tokens": 4_900}}
    proxy.usage |= {"total_tokens": 5_500, "cost": None}
    assert (await desk.ask(size=20_000)).cost.cost_microusd == 11_250
    proxy.usage["cost"] = 0.006
    assert (await desk.ask(size=20_000)).cost.cost_microusd == 6_000
    proxy.usage = {"prompt_tokens": None, "completion_tokens": None, "input_tokens": 100, "output_tokens": 500}
    proxy.usage |= {"cache_read_input_tokens": 4_000, "cache_creation_input_tokens": 900, "cost": None}
    cost = (await desk.ask(size=20_000)).cost
    assert (cost.input_tokens, cost.cached_tokens) == (5_000, 4_000)
    stored = 2 * 900  # storing has no price of its own here, and costs twice that of reading
    assert cost.cost_microusd == (100 + 4_000 + stored) * 1.25 + cost.output_tokens * 10


@pytest.mark.attack("a price that jumps for long calls", CLASS)
async def test_a_long_call_is_reserved_at_the_price_of_long_calls(desk: Desk, proxy: Proxy) -> None:
    proxy.prices = {"strong": LONG}
    proxy.bytes_per_token = 1
    before = await desk.ask(size=10_000)
    long = await desk.ask(size=205_000)
    assert long.cost.cost_microusd == pytest.approx(proxy.billed * 1e6 - before.cost.cost_microusd, abs=2)
    proxy.usage = {"cost": None}
    assert (await desk.ask(size=205_000)).cost.cost_microusd >= 205_000 * 2.5


@pytest.mark.attack("a price per request or image", CLASS)
@pytest.mark.parametrize("name", ["input_cost_per_query", "output_cost_per_image"])
async def test_a_price_per_request_is_reserved_with_each_call(desk: Desk, proxy: Proxy, name: str) -> None:
    proxy.prices = {"strong": {**LONG, name: 0.9}}
    assert await desk.ask_until_it_is_used_up() == 2
    assert proxy.billed * 1e6 <= await desk.spent() <= LIMIT


@pytest.mark.attack("an alias with a cheap and a dear deployment", CLASS)
async def test_of_two_deployments_behind_an_alias_the_dearer_is_reserved(desk: Desk, proxy: Proxy) -> None:
    proxy.prices = {"strong": [LONG, O1_PRO]}
    await desk.ask_until_it_is_used_up()
    assert proxy.billed * 1e6 <= LIMIT


@pytest.mark.attack("a list of prices that is away, broken or hostile", CLASS)
@pytest.mark.parametrize("listing", [b"", b"nope", b"[" * 100_000, b'{"data": [{"model_info": 3}, null]}'])
@pytest.mark.parametrize("status", [200, 404, 500])
async def test_a_list_that_cannot_be_read_closes_nothing_and_opens_nothing(
    desk: Desk, proxy: Proxy, listing: bytes, status: int
) -> None:
    proxy.prices, proxy.listing, proxy.list_status = {"strong": O1_PRO}, listing or b" ", status
    await desk.ask_until_it_is_used_up()
    assert 0 <= await desk.spent() - proxy.billed * 1e6 <= len(proxy.asked)


@pytest.mark.attack("a list of prices of any shape", CLASS)
@door()
@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_list_has_a_price_that_is_none(one: Any, other: Any, third: Any) -> None:
    info = {
        "input_cost_per_token": one,
        "output_cost_per_token": other,
        "input_cost_per_token_above_200k_tokens": third,
    }
    for listing in (one, {"data": one}, {"data": [one, other]}, {"data": [{"model_name": "m", "model_info": info}]}):
        for price in read_listing(listing).values():
            assert 0 < price.microusd(1, 1) < 10**10


@pytest.mark.attack("the last cents of a limit", CLASS)
async def test_a_call_that_does_not_fit_whole_asks_for_fewer_tokens_and_stays_within_the_limit(
    desk: Desk, proxy: Proxy
) -> None:
    proxy.prices, proxy.output_tokens = {"strong": O1_PRO}, 10**6
    await desk.ask(size=1_000, max_tokens=1_600)
    await desk.ask(size=1_000, max_tokens=1_600)
    assert proxy.asked[0]["max_tokens"] == 1_600
    assert 400 <= proxy.asked[1]["max_tokens"] < 1_600
    assert proxy.billed * 1e6 <= await desk.spent() <= LIMIT
    with pytest.raises(limits.LimitReached):
        await desk.ask(size=1_000, max_tokens=1_600)
    assert len(proxy.asked) == 2


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[Ledger]:
    """Another program writes to it and does not end."""
    with closing(sqlite3.connect(url.split("///")[1], isolation_level=None)) as other:
        other.execute("begin immediate")
        yield Ledger(url, lock_wait_seconds=0.05)


@pytest.mark.attack("a ledger that is slow", "gate that fails open")
async def test_without_a_ledger_that_writes_no_call_is_made(desk: Desk, proxy: Proxy) -> None:
    proxy.prices = {"strong": O1_PRO}
    await desk.ask()
    whole = desk.outbox
    async with _locked(whole.ledger.url) as ledger:
        desk.outbox = Outbox(ledger, desk.bus)
        for _ in range(3):
            with pytest.raises(Unavailable):
                await desk.ask()
        await desk.outbox.close()
        await ledger.close()
    assert len(proxy.asked) == 1
    desk.outbox = whole
    await desk.ask()


@asynccontextmanager
async def _full(url: str, _: Path) -> AsyncIterator[Ledger]:
    """A disk without room, and a file in which no page is free."""
    ledger = Ledger(url, max_pages=1)
    for size in (4_000, 400, 40):
        with contextlib.suppress(Unavailable):
            for n in range(500):
                async with ledger.transaction() as tx:
                    await tx.policies.put(f"{size}.{n}", "x" * size, tx.now)
    yield ledger


@asynccontextmanager
async def _unwritable(url: str, folder: Path) -> AsyncIterator[Ledger]:
    """A copy that can be read, where nobody (root neither) can write the file that SQLite writes first."""
    with closing(sqlite3.connect(url.split("///")[1])) as source, closing(sqlite3.connect(folder / "copy")) as copy:
        source.backup(copy)
    (folder / "copy-wal").mkdir()
    yield Ledger(f"sqlite:///{folder / 'copy'}")


@pytest.mark.attack("a ledger whose disk is full or cannot be written", "gate that fails open")
@pytest.mark.parametrize("trouble", [_full, _unwritable])
async def test_a_ledger_on_a_bad_disk_lets_no_call_through(
    desk: Desk, proxy: Proxy, tmp_path: Path, trouble: Any
) -> None:
    """What cannot be reserved is not spent; once the ledger can be written again, work goes on."""
    proxy.prices = {"strong": {name: price / 1000 for name, price in O1_PRO.items()}}
    await desk.ask()
    whole = desk.outbox
    async with trouble(whole.ledger.url, tmp_path) as ledger:
        desk.outbox = Outbox(ledger, desk.bus)
        unpaid = 0
        for _ in range(100):  # some rows still fit into pages that are there
            asked = len(proxy.asked)
            try:
                await desk.ask()
            except Unavailable as error:
                assert re.search("free some space|can be written", str(error))
                unpaid += len(proxy.asked) - asked
        last = len(proxy.asked)
        with pytest.raises(Unavailable):
            await desk.ask()
        await desk.outbox.close()
    desk.outbox = whole
    async with whole.reading() as tx:
        row = await tx.budgets.get(limits.mission_scope(desk.task.mission_id))
    assert len(proxy.asked) == last
    assert (row.reserved > 0) == (unpaid > 0), "what was asked and could not be settled still counts, at its worst case"
    assert proxy.billed * 1e6 <= row.spent + row.reserved
    await desk.ask()


@pytest.mark.attack("a ledger that is read-only", "gate that fails open")
async def test_a_read_only_replica_lets_no_call_through(
    proxy: Proxy, bus: Bus, postgres: Postgres, postgres_template: str
) -> None:
    url = postgres.database(postgres_template)
    ledger = Ledger(url)
    proxy.prices = {"strong": O1_PRO}
    async with a_desk(Outbox(ledger, bus), bus, proxy) as desk:
        await desk.ask()
        name = make_url(url).database
        await ledger.run(lambda db: db.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')))
        replica = Ledger(url)
        desk.outbox = Outbox(replica, bus)
        with pytest.raises(Unavailable, match="read-only"):
            await desk.ask()
        await replica.close()
    await ledger.close()
    assert len(proxy.asked) == 1
