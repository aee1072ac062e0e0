"""The one owner of what a run has written, and of what it has not written yet.

Each response and each result is a row before the next step that could not be taken back. The result of a call that may
be repeated waits (`pending`) for the next transaction of its run, as a rule the reservation of the next model call, so
that a step costs one commit less. A crash until then loses the row and not the effect: the call is made again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from damascus.core.errors import LeaseLost, Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.records.compactions import Compaction
from damascus.core.records.openings import Opening, ToldSoFar
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.turns import Picture, Speaker, Turn, TurnStatus
from damascus.core.settings import Settings
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.llm.port import ModelResponse
from damascus.work import policies
from damascus.work.budget import settlement
from damascus.work.outbox import Outbox
from damascus.work.policies import Autonomy
from damascus.work.tasks import tasks, transcript
from damascus.work.tasks.answer_spool import KEEP_AFTER_SECONDS, PaidAnswer, answer_spool

Note = Callable[[Task, Sequence[Turn], ModelResponse], str | None]


class Journal:
    """The transcript of one run of a task.

    `turns` is the transcript as the ledger has it, or will have it once the pending result is written; `compaction`
    what the model is sent in place of its older part; `autonomy` the CEO's policy as the newest transaction saw it.
    """

    def __init__(
        self, outbox: Outbox, task: Task, settings: Settings, turns: Sequence[Turn], autonomy: Autonomy
    ) -> None:
        self.turns = list(turns)
        self.compaction: Compaction | None = None
        self.autonomy = autonomy
        self._outbox = outbox
        self._task = task
        self._settings = settings
        self._spool = answer_spool(settings)
        self._pending: Turn | None = None
        self._opening: Opening | None = None

    @classmethod
    async def read(cls, tx: ReadTransaction, outbox: Outbox, task: Task, settings: Settings) -> "Journal":
        """Return the journal of a task as earlier runs, on whichever worker, have left it."""
        turns = await tx.turns.of_task(task.id)
        journal = cls(outbox, task, settings, turns, await policies.autonomy(tx))
        journal.compaction = await tx.compactions.newest_of(task.id)
        return journal

    def open_calls(self) -> list[Turn]:
        """Return the calls that have no result yet, in order."""
        return [turn for turn in self.turns if turn.speaker == Speaker.TOOL and turn.status != TurnStatus.DONE]

    def sent_turns(self) -> list[Turn]:
        """Return the turns that are sent as they are: those behind the compaction."""
        until = self.compaction.until if self.compaction else 0
        return [turn for turn in self.turns if turn.n > until]

    def responses(self) -> int:
        """Return how many responses of the model the transcript holds."""
        return sum(turn.speaker == Speaker.ASSISTANT for turn in self.turns)

    @asynccontextmanager
    async def fenced(self, after: TaskStatus = TaskStatus.WORKING) -> AsyncIterator[Transaction]:
        """Open a transaction that moves the task to `after` before all else.

        Raises LeaseLost if another worker has the task.
        """
        async with self._outbox.transaction() as tx:
            await tasks.fence(tx, self._task, after)
            yield tx

    def times_said(self, note: str) -> int:
        """Return how often the program has said something that begins so."""
        return sum(turn.speaker == Speaker.USER and turn.content.startswith(note) for turn in self.turns)

    def begin(self, opening: Opening) -> None:
        """Keep how the conversation begins until it is written, before anything is sent."""
        self._opening = opening

    async def say(self, text: str, told: ToldSoFar | None = None) -> None:
        """Write a note of the program to the model behind what was said so far, and how far it is told with it."""
        async with self.fenced() as tx:
            await self.write_pending(tx)
            if told is not None:
                await tx.openings.tell(self._task.id, told)
            turn = await transcript.say(tx, self._task, self.turns[-1].n + 1 if self.turns else 1, text)
        self._pending = self._opening = None
        self.turns.append(turn)

    async def start(self, turn: Turn) -> None:
        """Note that a call which must not be repeated is about to be made."""
        async with self.fenced() as tx:
            await tx.turns.mark_started(turn.id)

    def add_result(self, turn: Turn, text: str, picture: Picture | None = None) -> None:
        """Keep a call's result until it is written: by `flush`, or by `write_pending` in somebody's transaction."""
        self._pending = replace(turn, status=TurnStatus.DONE, content=text, picture=picture)
        self.turns = [self._pending if old.id == turn.id else old for old in self.turns]

    async def write_pending(self, tx: Transaction) -> None:
        """Write the opening and the pending result, if not yet written; harmless if that fails or is repeated."""
        if self._opening is not None:
            await tx.openings.put(self._opening)
        if self._pending is not None:
            await tx.turns.finish(self._pending.id, self._pending.content, tx.now, self._pending.picture)

    async def flush(self, *, has_lease: bool = True) -> None:
        """Have the pending result in the ledger before anything else happens.

        `has_lease`: whether the task is still this worker's; it is not once its plan was accepted.
        Raises LeaseLost if it should be and is not.
        """
        if self._pending is None:
            return
        async with self.fenced() if has_lease else self._outbox.transaction() as tx:
            await self.write_pending(tx)
            self.autonomy = await policies.autonomy(tx)
            failpoint("before-result")
        self._pending = self._opening = None

    async def record(self, response: ModelResponse, note: Note) -> None:
        """Write a response with its calls and its cost; `note` says what is written behind one without calls.

        May be repeated: a response whose cost was counted before is read back instead, since an attempt whose commit
        seemed to fail did not. Until it is written it is on disk, unless that takes just a moment.
        Raises LeaseLost if another worker has the task; the cost is counted all the same.
        """
        answer = self._as_answer(response, note)
        soon = asyncio.get_running_loop().call_later(KEEP_AFTER_SECONDS, self._spool.keep, answer)
        try:
            await self._write(answer)
        except (Unavailable, asyncio.CancelledError):
            self._spool.keep(answer)
            raise
        except LeaseLost:
            self._spool.drop(answer.reservation)
            raise
        finally:
            soon.cancel()
        self._spool.drop(answer.reservation)

    async def compact(self, compaction: Compaction, paid: ModelResponse | None, *, summed_up: bool) -> None:
        """Write what stands for older turns from now on, and what its summary cost, if a model was asked for one.

        May be repeated, as `record` may. Raises LeaseLost if another worker has the task; the cost is counted all the
        same.
        """
        lost: LeaseLost | None = None
        async with self._outbox.transaction() as tx:
            if paid is not None:
                await settlement.settle(tx, paid.reservation, self._task, paid.cost, self._settings)
            try:
                await tasks.fence(tx, self._task)
            except LeaseLost as error:
                lost = error
            else:
                await self.write_pending(tx)
                newest = await transcript.compact(tx, self._task, compaction, summed_up=summed_up)
            failpoint("before-compacted")
        if lost is not None:
            raise lost
        self._pending = self._opening = None
        self.compaction = newest

    def _as_answer(self, response: ModelResponse, note: Note) -> PaidAnswer:
        task = self._task
        calls = [transcript.RecordedCall(c.id, c.name, c.problem or c.arguments) for c in response.calls]
        n = self.turns[-1].n + 1 if self.turns else 1
        said = Turn(
            id="", task_id=task.id, n=n, speaker=Speaker.ASSISTANT, content=response.text, call_id=None, tool=None,
            arguments=None, status=TurnStatus.DONE, created_at=task.created_at, done_at=None,
        )  # fmt: skip
        kept = transcript.RecordedAnswer(response.text, calls, response.provider)
        return PaidAnswer(
            response.reservation, task.id, task.lease_owner or "", n, kept,
            None if calls else note(task, [*self.turns, said], response), response.cost,
        )  # fmt: skip

    async def _write(self, answer: PaidAnswer) -> None:
        lost: LeaseLost | None = None
        async with self._outbox.transaction() as tx:
            is_new = await settlement.settle(tx, answer.reservation, self._task, answer.cost, self._settings)
            try:
                await tasks.fence(tx, self._task, got_further=True)
            except LeaseLost as error:
                lost = error
            else:
                turns = await self._write_turns(tx, answer) if is_new else await tx.turns.of_task(self._task.id)
                autonomy = await policies.autonomy(tx)
            failpoint("before-turn")
        if lost is not None:
            raise lost
        self._pending = self._opening = None  # the reservation's transaction wrote them
        self.turns, self.autonomy = turns, autonomy

    async def _write_turns(self, tx: Transaction, answer: PaidAnswer) -> list[Turn]:
        cost = answer.cost.cost_microusd
        turns = self.turns + await transcript.record_answer(tx, self._task, answer.n, answer.said, cost)
        if answer.note is not None:
            turns.append(await transcript.say(tx, self._task, turns[-1].n + 1, answer.note))
        return turns
