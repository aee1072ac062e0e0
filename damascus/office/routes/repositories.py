"""Repositories that missions made."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.records.artifacts import ArtifactKind
from damascus.office import serializers
from damascus.office.dependencies import PagingDep, Reading

router = APIRouter(tags=["repositories"])


@router.get("")
async def list_repositories(tx: Reading, paging: PagingDep) -> schemas.Page[schemas.Repository]:
    """Return all repositories, newest first."""
    rows = await tx.artifacts.list(ArtifactKind.REPOSITORY, paging.after, paging.fetched)
    items = []
    for row in paging.cut(rows):
        commits = await tx.artifacts.of_mission(row.mission_id, ArtifactKind.COMMIT)
        items += await serializers.repositories(tx, await tx.missions.get(row.mission_id), [row, *commits])
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))
