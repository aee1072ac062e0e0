"""Answers that are paid for and that the ledger does not take, kept as files until it does.

An answer waits in its worker's memory for as long as the worker lives. After a moment, and when the process ends, it is
on disk too: a file per call, durable, for nobody else's eyes. The next process that starts on the same folder (a worker
of the role, and without containers the office too) writes it into the ledger: once, since the reservation goes with it.
A file whose reservation is gone was written, or counted as lost.

Not promised: an answer that came less than KEEP_AFTER_SECONDS before its process was killed; that call counts as lost.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from damascus.core.errors import LeaseLost
from damascus.core.files import write_whole
from damascus.core.records.turns import ProviderFields
from damascus.core.records.usage import CallCost
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work.budget import settlement
from damascus.work.tasks import tasks, transcript
from damascus.work.tasks.transcript import RecordedAnswer, RecordedCall

log = logging.getLogger(__name__)

KEEP_AFTER_SECONDS = 1.0
UNREADABLE_SUFFIX = ".unreadable"


@dataclass(frozen=True, slots=True)
class PaidAnswer:
    """A model's response as it is written: turn `n` of a task, and the program's note after one without calls."""

    reservation: str
    task_id: str
    lease_owner: str
    n: int
    said: RecordedAnswer
    note: str | None
    cost: CallCost


class AnswerSpool:
    """The folder of the answers that are not written yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, answer: PaidAnswer) -> None:
        """Put an answer on disk, durably; says so in the log if the disk refuses it, too."""
        path = self._path(answer.reservation)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                write_whole(path, json.dumps(asdict(answer)), mode=0o600)
        except OSError as error:
            log.warning("an answer of task %s is only in memory: %s: %s", answer.task_id, path, error.strerror)

    def drop(self, reservation: str) -> None:
        """Remove an answer that is in the ledger; where the disk refuses it, it is removed another time."""
        path = self._path(reservation)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s is written and could not be removed: %s", path, error.strerror)

    def answers(self) -> Iterator[PaidAnswer]:
        """Yield what is there; a file that cannot be read is set aside, with a line in the log."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield _read(path)
            except FileNotFoundError:
                continue  # its worker has written it just now
            except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
                log.error("%s cannot be read and is set aside: %s", path, error)
                with suppress(OSError):  # it is passed over again next time
                    path.replace(path.with_name(path.name + UNREADABLE_SUFFIX))

    def _path(self, reservation: str) -> Path:
        return self._folder / f"{reservation}.json"


def answer_spool(settings: Settings) -> AnswerSpool:
    """Return the spool of this process's private folder: in containers a role's, elsewhere the whole company's."""
    return AnswerSpool(settings.home / "answers")


async def write_kept_answers(tx: Transaction, settings: Settings) -> int:
    """Write the answers that a process could not, whichever it was, and charge what they cost. Returns how many.

    A file is removed when the ledger surely has its answer: at the next call of this function.
    """
    spool, count = answer_spool(settings), 0
    for answer in spool.answers():
        task = await tx.tasks.find(answer.task_id)
        if task is None or not await settlement.settle(tx, answer.reservation, task, answer.cost, settings):
            spool.drop(answer.reservation)
            continue
        count += 1
        try:
            theirs = replace(task, lease_owner=answer.lease_owner)
            await tasks.fence(tx, theirs, got_further=True)
        except LeaseLost:
            continue  # another worker continues the task, without this answer
        turns = await transcript.record_answer(tx, theirs, answer.n, answer.said, answer.cost.cost_microusd)
        if answer.note is not None:
            await transcript.say(tx, theirs, turns[-1].n + 1, answer.note)
    return count


def _read(path: Path) -> PaidAnswer:
    data = json.loads(path.read_text(encoding="utf-8"))
    said = data.pop("said")
    calls = [RecordedCall(**call) for call in said["calls"]]
    provider = ProviderFields(**said["provider"]) if said["provider"] else None
    return PaidAnswer(said=RecordedAnswer(said["text"], calls, provider), cost=CallCost(**data.pop("cost")), **data)
