"""Compare-and-swap: a task, a lease, a limit is never taken twice, whoever tries at once."""

import asyncio
import json
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from damascus.core.records.agents import Agent
from damascus.core.records.artifacts import Artifact, ArtifactDetail
from damascus.core.records.budgets import Reservation
from damascus.core.records.turns import Turn
from damascus.ledger.engine import Ledger
from tests.fixtures.rows import WHEN, a_task, mission_in, task_in

LEASE = timedelta(seconds=30)
CLAIMER = """
import asyncio, json, sys
from damascus.ledger.engine import Ledger

async def claim(ledger, id, owner):
    async with ledger.transaction() as tx:
        return await tx.tasks.transition(id, ["queued"], "claimed", lease_owner=owner)

async def main(url, owner, ids):
    ledger = Ledger(url)
    sys.stdin.readline()
    won = [id for id in ids if await claim(ledger, id, owner)]
    await ledger.close()
    print(json.dumps(won))

asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
"""


async def claim(ledger: Ledger, id: str, owner: str) -> bool:
    async with ledger.transaction() as tx:
        return await tx.tasks.transition(id, ["queued"], "claimed", lease_owner=owner, lease_until=tx.now + LEASE)


async def test_of_many_claims_at_once_one_counts(ledger: Ledger) -> None:
    task = await task_in(ledger)

    results = await asyncio.gather(*(claim(ledger, task.id, f"w/{n}") for n in range(50)))

    assert sum(results) == 1
    async with ledger.reading() as tx:
        assert (await tx.tasks.get(task.id)).lease_owner == f"w/{results.index(True)}"


async def test_processes_that_claim_the_same_tasks_share_them_out(ledger: Ledger) -> None:
    mission = await mission_in(ledger)
    tasks = [a_task(mission) for _ in range(60)]
    async with ledger.transaction() as tx:
        await tx.tasks.add(*tasks)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLAIMER, ledger.url, f"w/{n}", *[task.id for task in tasks],
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2],
        )
        for n in range(2)
    ]  # fmt: skip

    printed = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))

    won = [json.loads(out) for out, _ in printed]
    assert Counter([*won[0], *won[1]]) == Counter(task.id for task in tasks)
    async with ledger.reading() as tx:
        owners = {task.id: task.lease_owner for task in await tx.tasks.of_mission(mission)}
    assert owners == {id: f"w/{n}" for n in range(2) for id in won[n]}


async def test_a_worker_that_lost_its_lease_can_change_nothing(ledger: Ledger) -> None:
    task = await task_in(ledger)
    assert await claim(ledger, task.id, "a/1")
    async with ledger.transaction() as tx:
        assert await tx.tasks.transition(task.id, ["claimed"], "queued", owner="a/1", lease_owner=None)
    assert await claim(ledger, task.id, "b/1")

    async with ledger.transaction() as tx:
        assert not await tx.tasks.renew(task.id, "a/1", tx.now + LEASE)
        assert not await tx.tasks.transition(task.id, ["claimed", "working"], "completed", owner="a/1")
        assert await tx.tasks.transition(task.id, ["claimed"], "working", owner="b/1")
    async with ledger.reading() as tx:
        assert (await tx.tasks.get(task.id)).status == "working"


async def test_a_move_from_another_state_changes_nothing(ledger: Ledger) -> None:
    task = await task_in(ledger, status="completed")

    assert not await claim(ledger, task.id, "a/1")
    async with ledger.reading() as tx:
        assert await tx.tasks.get(task.id) == task


async def test_a_lease_that_was_renewed_has_not_run_out(ledger: Ledger) -> None:
    task = await task_in(ledger, status="working", lease_owner="a/1", lease_until=WHEN)
    async with ledger.reading() as tx:
        assert [found.id for found in await tx.tasks.expired(WHEN + LEASE)] == [task.id]
        assert [found.id for found in await tx.tasks.leased_by("a")] == [task.id]

    async with ledger.transaction() as tx:
        assert await tx.tasks.renew(task.id, "a/1", WHEN + LEASE)
    async with ledger.reading() as tx:
        assert await tx.tasks.expired(WHEN + LEASE) == []


async def test_a_tool_call_is_started_once_and_finished_once(ledger: Ledger) -> None:
    task = await task_in(ledger)
    call = Turn("turn_1", task.id, 1, "tool", "", "call_1", "push", {}, "pending", WHEN, None)
    async with ledger.transaction() as tx:
        await tx.turns.add(call)

    async def start(_: int) -> bool:
        async with ledger.transaction() as tx:
            return await tx.turns.mark_started("turn_1")

    async def finish(n: int) -> bool:
        async with ledger.transaction() as tx:
            return await tx.turns.finish("turn_1", f"result {n}", tx.now)

    assert sum(await asyncio.gather(*map(start, range(10)))) == 1
    assert sum(finished := await asyncio.gather(*map(finish, range(10)))) == 1
    async with ledger.reading() as tx:
        turn = await tx.turns.get("turn_1")
    assert (turn.status, turn.content) == ("done", f"result {finished.index(True)}")


async def test_no_number_of_reservers_passes_a_limit(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await tx.budgets.ensure("company", 1000, WHEN)

    async def spend(n: int) -> int:
        async with ledger.transaction() as tx:
            if not await tx.budgets.reserve(["company"], 90):
                return 0
        async with ledger.transaction() as tx:
            await tx.budgets.settle(["company"], 90, 70 + n % 2)
        return 70 + n % 2

    spent = sum(await asyncio.gather(*(spend(n) for n in range(50))))

    async with ledger.reading() as tx:
        budget = await tx.budgets.get("company")
    assert (budget.spent, budget.reserved) == (spent, 0)
    assert 11 * 70 <= spent <= 1000


async def test_fifty_who_hold_at_once_hold_no_more_than_the_limit(ledger: Ledger) -> None:
    async def reserve(_: int) -> bool:
        async with ledger.transaction() as tx:
            await tx.budgets.ensure("day:2026-03-01", 1000, WHEN)
            return await tx.budgets.reserve(["day:2026-03-01"], 30)

    assert sum(await asyncio.gather(*map(reserve, range(50)))) == 33
    async with ledger.reading() as tx:
        assert (await tx.budgets.get("day:2026-03-01")).reserved == 990


async def test_a_reservation_is_settled_once(ledger: Ledger) -> None:
    task = await task_in(ledger)
    held = Reservation("res_1", task.id, task.mission_id, "a/1", "2026-03-01", "m", 500, WHEN)
    async with ledger.transaction() as tx:
        await tx.reservations.add(held)

    async def take(_: int) -> Reservation | None:
        async with ledger.transaction() as tx:
            return await tx.reservations.take("res_1")

    taken = await asyncio.gather(*map(take, range(10)))
    assert [row for row in taken if row] == [held]


async def test_a_warning_goes_out_once_and_again_after_a_raise(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await tx.budgets.ensure("company", 1000, WHEN)
        assert [await tx.budgets.warn("company"), await tx.budgets.warn("company")] == [True, False]
        assert await tx.budgets.set_limit("company", 2000)
        assert await tx.budgets.warn("company")


async def test_one_of_many_leads_until_its_lease_ran_out_or_it_stepped_down(ledger: Ledger) -> None:
    async def take(owner: str, after: timedelta = timedelta()) -> bool:
        async with ledger.transaction() as tx:
            return await tx.leases.take("daemon", owner, WHEN + after, WHEN + after + LEASE)

    results = await asyncio.gather(*(take(f"o{n}") for n in range(10)))
    leader = f"o{results.index(True)}"
    assert sum(results) == 1
    assert await take(leader, LEASE / 2)
    assert not await take("other", LEASE)
    assert await take("other", LEASE * 2)
    assert not await take(leader, LEASE * 2)

    async with ledger.transaction() as tx:
        await tx.leases.release("daemon", leader)
    assert not await take(leader, LEASE * 2)
    async with ledger.transaction() as tx:
        await tx.leases.release("daemon", "other")
    assert await take(leader, LEASE * 2)


async def test_workers_that_report_for_duty_at_once_make_one_row(ledger: Ledger) -> None:
    async def seen(n: int) -> None:
        async with ledger.transaction() as tx:
            await tx.agents.record_heartbeat(Agent("alex", "Alex Chen", "VP", "vp", f"w{n}", WHEN, WHEN))
            await tx.policies.put("autonomy", n, WHEN)

    await asyncio.gather(*map(seen, range(10)))

    async with ledger.reading() as tx:
        assert [agent.id for agent in await tx.agents.list()] == ["alex"]
        assert len(await tx.policies.list()) == 1


async def test_an_artifact_that_is_made_again_keeps_its_id(ledger: Ledger) -> None:
    task = await task_in(ledger)
    first = Artifact("art_1", task.mission_id, task.id, "report", "market", "old.md", ArtifactDetail(), WHEN)
    async with ledger.transaction() as tx:
        await tx.artifacts.put(first)
        await tx.artifacts.put(replace(first, id="art_2", path="new.md", detail=ArtifactDetail(title="n")))

    async with ledger.reading() as tx:
        found = await tx.artifacts.of_mission(task.mission_id)
    assert found == [replace(first, path="new.md", detail=ArtifactDetail(title="n"))]


async def test_money_is_held_under_every_limit_or_under_none(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await tx.budgets.ensure("company", 100, tx.now)
        assert not await tx.budgets.reserve(["company", "day:2026-03-02"], 30), "today's limit is not there yet"
        await tx.budgets.ensure("day:2026-03-02", 50, tx.now)
        assert await tx.budgets.reserve(["company", "day:2026-03-02"], 30)
        assert not await tx.budgets.reserve(["company", "day:2026-03-02"], 30), "the company could, the day cannot"
    async with ledger.reading() as tx:
        assert {row.scope: row.reserved for row in await tx.budgets.list()} == {"company": 30, "day:2026-03-02": 30}
