"""What an agent did before its process died counts after it: the verdict is read from the ledger's own rows."""

from pathlib import Path

from agents.hooks.bounds import Bounds
from agents.hooks.stuck_detector import StuckDetector, detect
from agents.journal import Journal
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.settings import Limits
from damascus.ledger.engine import Ledger
from damascus.work.policies import Autonomy
from tests.fixtures.desk import open_desk
from tests.fixtures.story import SETTINGS


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
    journal = Journal(desk.outbox, task, SETTINGS, turns, Autonomy())
    run = Run(desk.lease(task), desk.mission, [], journal, 0.0, frozenset({"read_trail", "finish"}))
    detector = StuckDetector(Limits().repeated_calls)
    assert detector.verdict(journal).taken == {"read_trail"}
    assert detector.offer_tools(run, run.granted) == {"finish"}
    clock = FixedClock()
    clock.advance(1.0)
    for hook in (detector, Bounds(Limits(), clock)):
        await hook.after_act(run)
    assert len(detect(turns, 4).advice) == 2
