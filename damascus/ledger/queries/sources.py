"""Queries on the pages that missions read."""

from damascus.core.records.sources import Source
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.sources import sources


class SourceReads(ReadQueries[Source]):
    table = sources
    row = Source

    async def at(self, seq: int) -> Source | None:
        """Return the page whose entry on the trail has this number, or None."""
        return await self._one({"seq": seq})

    async def of_url(self, mission_id: str, url: str) -> Source | None:
        """Return the page that a mission read at this address, asked for or redirected to, or None."""
        return await self._one({"mission_id": mission_id, "url": url}) or await self._one(
            {"mission_id": mission_id, "final_url": url}
        )

    async def last_of_url(self, url: str) -> Source | None:
        """Return what any mission read last at this address, or None."""
        return await self._one({"url": url}, "-id")

    async def of_mission(self, mission_id: str) -> list[Source]:
        """Return the pages that a mission read, in the order of the trail."""
        return await self._select({"mission_id": mission_id}, "seq")

    async def list(self, after: str | None = None, limit: int = 100) -> list[Source]:
        """Return a page of all missions' sources, newest first."""
        return await self._page({}, after, limit)


class SourceQueries(SourceReads, TableQueries[Source]):
    """Writes them; a page that was read is never changed."""
