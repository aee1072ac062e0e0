"""Queries on policies."""

from datetime import datetime
from typing import Any

from damascus.core.records.policies import Policy
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.policies import policies


class PolicyReads(ReadQueries[Policy]):
    table = policies
    row = Policy

    async def list(self) -> list[Policy]:
        """Return the policies that the CEO has set."""
        return await self._select({}, "key")


class PolicyQueries(PolicyReads, TableQueries[Policy]):
    async def put(self, key: str, value: Any, now: datetime) -> None:
        """Set a policy."""
        await self._upsert([Policy(key, value, now, now)], ("key",), ("value", "updated_at"))
