"""Queries on reports, repositories and commits."""

from damascus.ledger.repositories.base import Repository, page
from damascus.ledger.tables.artifacts import Artifact, artifacts


class Artifacts(Repository[Artifact]):
    table = artifacts
    row = Artifact

    async def named(self, mission_id: str, kind: str, name: str) -> Artifact | None:
        c = artifacts.c
        found = await self._all(self._select(c.mission_id == mission_id, c.kind == kind, c.name == name))
        return found[0] if found else None

    async def put(self, artifact: Artifact) -> None:
        """Insert, or refresh the one of the same mission, kind and name (its id stays)."""
        await self._put(artifact, ["mission_id", "kind", "name"], ["path", "detail", "task_id"])

    async def of_mission(self, mission_id: str, kind: str | None = None) -> list[Artifact]:
        where = [artifacts.c.mission_id == mission_id, *([artifacts.c.kind == kind] if kind else [])]
        return await self._all(self._select(*where).order_by(artifacts.c.id))

    async def of_task(self, task_id: str, kind: str | None = None) -> list[Artifact]:
        where = [artifacts.c.task_id == task_id, *([artifacts.c.kind == kind] if kind else [])]
        return await self._all(self._select(*where).order_by(artifacts.c.id))

    async def list(self, kind: str, after: str | None = None, limit: int = 100) -> list[Artifact]:
        return await self._all(page(self._select(artifacts.c.kind == kind), artifacts.c.id, after, limit))
