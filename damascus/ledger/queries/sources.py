"""Queries on the pages that missions read."""

from sqlalchemy import BindParameter, Integer, String, bindparam, literal, select

from damascus.core.records.sources import Source
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of
from damascus.ledger.tables.sources import sources

_AFTER_ALL = "~"  # sorts behind every id
_WITHOUT_TEXT = [literal("") if column.name == "text" else column for column in columns_of(sources, Source)]
_of: BindParameter[str] = bindparam("of", type_=String)
_ANY = select(sources.c.id).where(sources.c.mission_id == _of).limit(1)
_OF_MISSION = select(*_WITHOUT_TEXT).where(sources.c.mission_id == _of).order_by(sources.c.entry)
_NEWEST = (
    select(*_WITHOUT_TEXT)
    .where(sources.c.id < bindparam("before", type_=String))
    .order_by(sources.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


class SourceReads(ReadQueries[Source]):
    table = sources
    row = Source

    async def at(self, mission_id: str, entry: int) -> Source | None:
        """Return the page whose entry on the mission's trail has this number, or None."""
        return await self._one({"mission_id": mission_id, "entry": entry})

    async def newest_at(self, entry: int) -> Source | None:
        """Return the page with this entry in the newest mission that has one, or None."""
        return await self._one({"entry": entry}, "-mission_id")

    async def of_url(self, mission_id: str, url: str) -> Source | None:
        """Return the page that a mission read at this address, asked for or redirected to, or None."""
        return await self._one({"mission_id": mission_id, "url": url}) or await self._one(
            {"mission_id": mission_id, "final_url": url}
        )

    async def last_of_url(self, url: str) -> Source | None:
        """Return what any mission read last at this address, or None."""
        return await self._one({"url": url}, "-id")

    async def has_any(self, mission_id: str) -> bool:
        """Return whether a mission read any page."""
        return bool(await self._session.rows(_ANY, {"of": mission_id}))

    async def of_mission(self, mission_id: str) -> list[Source]:
        """Return the pages that a mission read, in the order of the trail, with `text` left empty."""
        return await self._fetch(_OF_MISSION, {"of": mission_id})

    async def list(self, after: str | None = None, limit: int = 100) -> list[Source]:
        """Return a page of all missions' sources, newest first, with `text` left empty."""
        return await self._fetch(_NEWEST, {"before": after or _AFTER_ALL, "limit": limit})


class SourceQueries(SourceReads, TableQueries[Source]):
    """Writes them; a page that was read is never changed."""
