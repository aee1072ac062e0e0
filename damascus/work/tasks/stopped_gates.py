"""What follows on a gate that said stop: the mission continues anyway, is planned again, or ends there.

open -> continued | replanned | ended; each is decided once, and only while the mission is open.
"""

from damascus.core.errors import Conflict
from damascus.core.events import EventKind, VerdictGiven
from damascus.core.records.gates import StopDecision, VerdictWord
from damascus.core.records.missions import MissionStatus
from damascus.core.records.tasks import Task, TaskStatus
from damascus.ledger.transaction import Transaction
from damascus.work.tasks import gates, missions, tasks

CONTINUE, END = "continue anyway", "end here"
OPTIONS = {CONTINUE: StopDecision.CONTINUED, END: StopDecision.ENDED}


async def decide(tx: Transaction, gate: Task, decision: StopDecision, by: str) -> None:
    """Carry out what was decided about a `stop`: stopped tasks wait again, or are cancelled with the reason.

    Raises Conflict if it was decided before, or the mission has ended.
    """
    mission = await tx.missions.lock(gate.mission_id)
    if mission.status not in MissionStatus.OPEN:
        raise Conflict(f"the mission {mission.slug} has ended: {mission.status}")
    stopped = await gates.stopped_by(tx, gate)
    if not await tx.verdicts.decide(gate.id, decision, by):
        raise Conflict(f"what follows on the gate {gate.key!r} has been decided before")
    text = f"after the stop of {gate.key!r}: {decision}"
    said = VerdictGiven(id=gate.id, verdict=VerdictWord.STOP, text=text, decision=decision)
    tx.events.append(EventKind.VERDICT, by, said, mission.id, gate.id)
    if decision == StopDecision.CONTINUED:
        await gates.release(tx, mission.id)
    else:
        why = f"the gate {gate.key!r} said stop, {_BECAUSE[decision]}"
        for task in stopped:
            await tasks.end(tx, task, TaskStatus.CANCELLED, by, reason=why)
    await missions.advance(tx, mission)


_BECAUSE = {StopDecision.REPLANNED: "superseded by a new plan", StopDecision.ENDED: "and it was decided to end there"}
