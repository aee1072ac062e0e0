"""Queries on reviews."""

from damascus.core.records.reviews import Review, ReviewFindings
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.reviews import reviews


class ReviewReads(ReadQueries[Review]):
    table = reviews
    row = Review

    async def of_turn(self, turn_id: str) -> Review | None:
        """Return the review that a call asked for, or None."""
        return await self._one({"turn_id": turn_id})

    async def of_task(self, task_id: str) -> list[Review]:
        """Return the reviews of a task, oldest first."""
        return await self._select({"task_id": task_id}, "round")

    async def of_mission(self, mission_id: str) -> list[Review]:
        """Return a mission's reviews, oldest first."""
        return await self._select({"mission_id": mission_id}, "id")


class ReviewQueries(ReviewReads, TableQueries[Review]):
    async def answer(self, id: str, findings: ReviewFindings) -> bool:
        """Write what was found; returns False if the review is over."""
        return await self._update({"id": id, "finished_at": None}, findings=findings) == 1

    async def finish(self, id: str) -> None:
        """End a review with what was found until now."""
        await self._update({"id": id, "finished_at": None}, finished_at=self._now)
