"""Queries on the paces of models."""

from functools import cache

from sqlalchemy import Insert, bindparam, select

from damascus.core.records.model_paces import ModelPace
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of, upsert, values_of
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.model_paces import model_paces

_LOCK = select(*columns_of(model_paces, ModelPace)).where(model_paces.c.model == bindparam("of")).with_for_update()


class ModelPaceReads(ReadQueries[ModelPace]):
    table = model_paces
    row = ModelPace


class ModelPaceQueries(ModelPaceReads, TableQueries[ModelPace]):
    async def lock(self, new: ModelPace) -> ModelPace:
        """Return the pace of this model, `new` if it has none, and let nobody else change it until this has ended."""
        await self._session.change(_opening(self._session.dialect), values_of(new))
        return (await self._fetch(_LOCK, {"of": new.model}))[0]

    async def put(self, row: ModelPace) -> None:
        """Write the pace of a model that is locked."""
        values = values_of(row)
        await self._update({"model": values.pop("model")}, **values)

    async def answered(self, model: str) -> None:
        """Note that a model answers: its refusals are over."""
        await self._update({"model": model, "refusals >": 0}, refusals=0)


@cache
def _opening(dialect: SqlDialect) -> Insert:
    return upsert(dialect, model_paces).on_conflict_do_nothing(index_elements=["model"])
