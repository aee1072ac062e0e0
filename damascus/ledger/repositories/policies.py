"""Queries on policies."""

from datetime import datetime
from typing import Any

from damascus.ledger.repositories.base import Repository
from damascus.ledger.tables.policies import Policy, policies


class Policies(Repository[Policy]):
    table = policies
    row = Policy

    async def list(self) -> list[Policy]:
        return await self._some({}, "key")

    async def put(self, key: str, value: Any, now: datetime) -> None:
        await self._put([Policy(key, value, now, now)], ("key",), ("value", "updated_at"))
