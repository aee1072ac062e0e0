"""What was learnt of models, for all processes of the company: rows of the ledger, forgotten when the address changes.

Two that learn at once both count: each change is made to the row as it is then.
"""

from collections.abc import Callable, Mapping

from damascus.core.records.learnt_models import LearntModel
from damascus.ledger.transaction import Transactions


class SharedLearntModels:
    """`llm.port.LearntModels` in the ledger."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger

    async def read(self, url: str) -> Mapping[str, LearntModel]:
        async with self._ledger.reading() as tx:
            return {row.model: row.known for row in await tx.learnt_models.at(url)}

    async def change(self, url: str, model: str, change: Callable[[LearntModel], LearntModel]) -> LearntModel:
        async with self._ledger.transaction() as tx:
            await tx.learnt_models.forget_others(url)
            row = await tx.learnt_models.lock(url, model)
            known = change(row.known)
            await tx.learnt_models.set_known(row, known)
        return known
