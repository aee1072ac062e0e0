"""Repositories that missions made."""

from fastapi import APIRouter

from damascus.core.records.artifacts import ArtifactKind
from damascus.office import missions_view, views
from damascus.office.deps import Limit, Reading

router = APIRouter(prefix="/api/repositories", tags=["repositories"])


@router.get("")
async def list_repositories(
    tx: Reading, after: str | None = None, limit: Limit = 100
) -> views.Page[views.RepositoryView]:
    """Newest first."""
    rows = await tx.artifacts.list(ArtifactKind.REPOSITORY, after, limit)
    items = []
    for row in rows:
        made = [a for a in await tx.artifacts.of_mission(row.mission_id) if a.kind == "commit" or a.id == row.id]
        items += await missions_view.repositories(tx, made)
    return views.Page(items=items, next=rows[-1].id if len(rows) == limit else None)
