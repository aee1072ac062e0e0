"""Queries on policies."""

from datetime import datetime
from typing import Any

from damascus.core.records.policies import Policy
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.policies import policies


class PolicyQueries(TableQueries[Policy]):
    table = policies
    row = Policy

    async def list(self) -> list[Policy]:
        return await self._select({}, "key")

    async def put(self, key: str, value: Any, now: datetime) -> None:
        await self._upsert([Policy(key, value, now, now)], ("key",), ("value", "updated_at"))
