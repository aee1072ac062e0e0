"""A call that costs money and is not one to a chat model: its worst case is held before, its cost settled after."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from damascus.core.clock import Clock
from damascus.core.records.usage import CallCost
from damascus.core.settings import Settings
from damascus.llm.embeddings import Answered, EmbeddingsClient, NotBilled
from damascus.work.budget import settlement
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease

ResultT = TypeVar("ResultT")


class PaidCalls:
    """Pays for the calls of one task run; what raises one of `not_billed` certainly cost nothing."""

    def __init__(self, outbox: Outbox, lease: TaskLease, settings: Settings, clock: Clock) -> None:
        self._outbox = outbox
        self._lease = lease
        self._settings = settings
        self._clock = clock

    async def pay(
        self,
        what: str,
        worst_microusd: int,
        call: Callable[[], Awaitable[tuple[ResultT, CallCost]]],
        not_billed: type[Exception],
    ) -> ResultT:
        """Make a call that may cost `worst_microusd`, and settle its cost. Raises OverBudget if that is not there."""
        meter = BudgetMeter(self._outbox, self._lease, self._settings, self._clock)
        reserved = await meter.reserve(what, worst_microusd, worst_microusd)
        try:
            result, cost = await call()
        except not_billed:
            await meter.release(reserved.id)
            raise
        except BaseException:
            await meter.lost(reserved.id)
            raise
        async with self._lease.renewed() as tx:
            await settlement.settle(tx, reserved.id, self._lease.task, cost, self._settings)
        return result


class PaidEmbeddings:
    """`knowledge.memory.port.Embedder`, on the account of one task run; where they cost nothing no account is asked."""

    def __init__(self, client: EmbeddingsClient, paid: PaidCalls) -> None:
        self._client = client
        self._paid = paid

    @property
    def model(self) -> str:
        return self._client.model

    async def embed(self, texts: Sequence[str]) -> list[bytes]:
        return await self._client.embed(texts, self)

    async def pay(self, worst_microusd: int, call: Callable[[], Awaitable[Answered]]) -> Answered:
        """Pay for one call (`llm.embeddings.Payer`)."""
        if worst_microusd == 0:
            return await call()

        async def priced() -> tuple[Answered, CallCost]:
            answered = await call()
            return answered, answered.cost

        return await self._paid.pay(f"{settlement.EMBEDDINGS}{self.model}", worst_microusd, priced, NotBilled)
