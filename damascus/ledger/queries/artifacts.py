"""Queries on reports, repositories and commits."""

import builtins

from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.artifacts import artifacts


class ArtifactReads(ReadQueries[Artifact]):
    table = artifacts
    row = Artifact

    async def named(self, mission_id: str, kind: ArtifactKind, name: str) -> Artifact | None:
        """Return a mission's artifact of this kind and name, or None."""
        return await self._one({"mission_id": mission_id, "kind": kind, "name": name})

    async def of_name(self, kind: ArtifactKind, name: str) -> "builtins.list[Artifact]":
        """Return what any mission made of this kind and name, oldest first."""
        return await self._select({"kind": kind, "name": name}, "id")

    async def of_mission(self, mission_id: str, kind: ArtifactKind | None = None) -> list[Artifact]:
        """Return what a mission made, oldest first."""
        return await self._select({"mission_id": mission_id} | ({"kind": kind} if kind else {}), "id")

    async def of_task(self, task_id: str, kind: ArtifactKind | None = None) -> list[Artifact]:
        """Return what a task made, oldest first."""
        return await self._select({"task_id": task_id} | ({"kind": kind} if kind else {}), "id")

    async def list(self, kind: ArtifactKind, after: str | None = None, limit: int = 100) -> list[Artifact]:
        """Return a page of all missions' artifacts of this kind, newest first."""
        return await self._page({"kind": kind}, after, limit)


class ArtifactQueries(ArtifactReads, TableQueries[Artifact]):
    async def put(self, artifact: Artifact) -> None:
        """Insert, or refresh the one of the same mission, kind and name (its id stays)."""
        await self._upsert([artifact], ("mission_id", "kind", "name"), ("path", "detail", "task_id"))

    async def move_to(self, id: str, path: str) -> None:
        """Change where an artifact is."""
        await self._update({"id": id}, path=path)
