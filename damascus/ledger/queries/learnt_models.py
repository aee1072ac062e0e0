"""Queries on what was learnt of models."""

from functools import cache

from sqlalchemy import Insert, bindparam, delete, select

from damascus.core.records.learnt_models import LearntModel, LearntModelRow, learnt_id
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of, upsert
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.learnt_models import learnt_models

_LOCK = (
    select(*columns_of(learnt_models, LearntModelRow)).where(learnt_models.c.id == bindparam("of")).with_for_update()
)

_FORGET_OTHERS = delete(learnt_models).where(learnt_models.c.url != bindparam("here"))


class LearntModelReads(ReadQueries[LearntModelRow]):
    table = learnt_models
    row = LearntModelRow

    async def at(self, url: str) -> list[LearntModelRow]:
        """Return what was learnt of the models at an address."""
        return await self._select({"url": url}, "model")


class LearntModelQueries(LearntModelReads, TableQueries[LearntModelRow]):
    async def lock(self, url: str, model: str) -> LearntModelRow:
        """Return a model's row, a new one if there is none, which nobody else changes until the transaction ends."""
        made = LearntModelRow(learnt_id(url, model), url, model, LearntModel(), self._now, self._now)
        values = {name: getattr(made, name) for name in LearntModelRow.__slots__}
        await self._session.change(_insertion_if_missing(self._session.dialect), values)
        (row,) = await self._fetch(_LOCK, {"of": made.id})
        return row

    async def set_known(self, row: LearntModelRow, known: LearntModel) -> None:
        """Set what is known of a model."""
        await self._update({"id": row.id}, known=known, updated_at=self._now)

    async def forget_others(self, url: str) -> None:
        """Delete what was learnt at other addresses."""
        await self._session.change(_FORGET_OTHERS, {"here": url})


@cache
def _insertion_if_missing(dialect: SqlDialect) -> Insert:
    return upsert(dialect, learnt_models).on_conflict_do_nothing(index_elements=["id"])
