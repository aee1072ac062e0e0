"""What an agent did before its process died counts after it: the verdict is read from the ledger's own rows."""

from pathlib import Path

from agents.run import Run
from agents.stuck import follow
from damascus.bus.streams import Bus
from damascus.core.settings import Limits
from damascus.ledger.engine import Ledger
from damascus.work.policies import Autonomy
from tests.fixtures.desk import open_desk


async def test_a_worker_that_takes_over_knows_what_was_taken_away(
    tmp_path: Path, sqlite_ledger: Ledger, bus: Bus
) -> None:
    async with open_desk(tmp_path, sqlite_ledger, bus) as desk:
        task = await desk.task(role="pm")
        for n in range(4):
            await desk.call(task, "read_trail", kind="finding", limit=5 if n % 2 else "5")
        await desk.call(task, "list_reports")
        async with desk.outbox.reading() as tx:
            turns = await tx.turns.of_task(task.id)
    run = Run(desk.lease(task), desk.mission, [], turns, 0.0, Autonomy(), frozenset({"read_trail"}))
    assert run.course(Limits()).taken == {"read_trail"}
    run.check(Limits(), 1.0)
    assert len(follow(turns, 4).advice) == 2
