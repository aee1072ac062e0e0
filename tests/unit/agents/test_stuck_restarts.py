"""What an agent did before its process died counts after it: the verdict is read from the ledger's own rows."""

from pathlib import Path

from agents.hooks.bounds import Bounds
from agents.hooks.stuck_detector import StuckDetector, detect
from agents.journal import Journal
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.settings import LimitsSettings
from damascus.ledger.engine import Ledger
from damascus.work.policies import Autonomy
from tests.fixtures.rows import UNTOLD
from tests.fixtures.story import SETTINGS
from tests.fixtures.workbench import open_workbench


async def test_a_worker_that_takes_over_knows_what_was_taken_away(
    tmp_path: Path, sqlite_ledger: Ledger, bus: Bus
) -> None:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        task = await workbench.task(role="pm")
        for n in range(4):
            await workbench.call(task, "read_trail", kind="finding", limit=5 if n % 2 else "5")
        await workbench.call(task, "list_reports")
        async with workbench.outbox.reading() as tx:
            turns = await tx.turns.of_task(task.id)
    journal = Journal(workbench.outbox, task, SETTINGS, turns, Autonomy())
    run = Run(workbench.lease(task), workbench.mission, UNTOLD, journal, 0.0, frozenset({"read_trail", "finish"}))
    detector = StuckDetector(LimitsSettings().repeated_calls)
    assert detector.verdict(journal).taken == {"read_trail"}
    assert detector.offer_tools(run, run.granted) == {"finish"}
    clock = FixedClock()
    clock.advance(1.0)
    for hook in (detector, Bounds(LimitsSettings(), clock)):
        await hook.after_act(run)
    assert len(detect(turns, 4).advice) == 2
