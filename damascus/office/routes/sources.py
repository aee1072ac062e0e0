"""Pages that missions read."""

import re
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from damascus.api import schemas
from damascus.core.errors import NotFound
from damascus.core.records.sources import Source
from damascus.office import serializers
from damascus.office.dependencies import PagingDep, Reading

router = APIRouter(tags=["sources"])

_REF = re.compile(r"e(\d{1,15})")


@router.get("")
async def list_sources(tx: Reading, paging: PagingDep, mission: str | None = None) -> schemas.Page[schemas.Source]:
    """Return the pages that a mission read, or a page of those of all missions, newest first; without their text."""
    if mission is not None:
        found = await serializers.find_mission(tx, mission)
        return schemas.Page(items=[_without_text(row) for row in await tx.sources.of_mission(found.id)])
    rows = await tx.sources.list(paging.after, paging.fetched)
    return schemas.Page(
        items=[_without_text(row) for row in paging.cut(rows)], next=paging.next([row.id for row in rows])
    )


@router.get("/{id}")
async def read(id: str, tx: Reading, mission: str | None = None) -> schemas.SourceText:
    """Return a page with its text, by its id or by its entry on the trail, such as e17.

    An entry is one of `mission`, else of the newest mission that read a page under it.
    """
    ref = _REF.fullmatch(id)
    if ref is None:
        row = await tx.sources.find(id)
    elif mission is None:
        row = await tx.sources.newest_at(int(ref[1]))
    else:
        row = await tx.sources.at((await serializers.find_mission(tx, mission)).id, int(ref[1]))
    if row is None:
        raise NotFound(f"{id[:40]!r} is not a page that was read; `ceo sources` lists them")
    return schemas.SourceText(**_fields(row), text=row.text)


def _without_text(row: Source) -> schemas.Source:
    return schemas.Source(**_fields(row))


def _fields(row: Source) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(row.facts).items() if name in schemas.Source.model_fields}
    own = ("id", "ref", "mission_id", "task_id", "url", "final_url", "text_sha256", "created_at")
    return {**shown, **{name: getattr(row, name) for name in own}}
