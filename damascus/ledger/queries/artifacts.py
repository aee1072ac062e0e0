"""Queries on reports, repositories and commits."""

from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.ledger.queries.base import TableQueries
from damascus.ledger.tables.artifacts import artifacts


class ArtifactQueries(TableQueries[Artifact]):
    table = artifacts
    row = Artifact

    async def named(self, mission_id: str, kind: ArtifactKind, name: str) -> Artifact | None:
        return await self._one({"mission_id": mission_id, "kind": kind, "name": name})

    async def put(self, artifact: Artifact) -> None:
        """Insert, or refresh the one of the same mission, kind and name (its id stays)."""
        await self._upsert([artifact], ("mission_id", "kind", "name"), ("path", "detail", "task_id"))

    async def move_to(self, id: str, path: str) -> None:
        """Have it say that it is somewhere else now."""
        await self._update({"id": id}, path=path)

    async def of_mission(self, mission_id: str, kind: ArtifactKind | None = None) -> list[Artifact]:
        return await self._select({"mission_id": mission_id} | ({"kind": kind} if kind else {}), "id")

    async def of_task(self, task_id: str, kind: ArtifactKind | None = None) -> list[Artifact]:
        return await self._select({"task_id": task_id} | ({"kind": kind} if kind else {}), "id")

    async def list(self, kind: ArtifactKind, after: str | None = None, limit: int = 100) -> list[Artifact]:
        return await self._page({"kind": kind}, after, limit)
