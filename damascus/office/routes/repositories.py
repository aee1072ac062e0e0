"""Repositories that missions made: their commits, folders and files, read from the store and never from a folder."""

import codecs
from typing import Annotated

from fastapi import APIRouter, Query

from damascus.api import schemas
from damascus.core.errors import NotFound
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.forge.port import MAX_READ_BYTES, FileHead
from damascus.ledger.transaction import ReadTransaction
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, PagingDep, Reading, forge_of
from damascus.work.delivery.repositories import repository_of

router = APIRouter(tags=["repositories"])
MAX_PATH_CHARS = 4_096
MAX_PARTS = 64
Sha = Annotated[str | None, Query(pattern="^[0-9a-f]{40}$", description="of a commit; default: the newest")]
Path = Annotated[str, Query(max_length=MAX_PATH_CHARS, description="such as src/app.py; parts are divided by /")]


@router.get("")
async def list_repositories(tx: Reading, paging: PagingDep) -> schemas.Page[schemas.Repository]:
    """Return all repositories, newest first."""
    rows = await tx.artifacts.list(ArtifactKind.REPOSITORY, paging.after, paging.fetched)
    items = [await _shown(tx, row) for row in paging.cut(rows)]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.get("/{name}")
async def show(name: str, tx: Reading) -> schemas.Repository:
    """Return a repository by its id, or the newest one of a name."""
    return await _shown(tx, await _find(tx, name))


@router.get("/{name}/commits")
async def list_commits(
    name: str, company: CompanyDep, tx: Reading, paging: PagingDep
) -> schemas.Page[schemas.CommitDetail]:
    """Return the commits of the repository's branch, newest first, each with the receipts for exactly this one."""
    row = await _find(tx, name)
    found = await forge_of(company).commits(repository_of(row), paging.fetched, paging.after)
    made = {one.name: one for one in await tx.artifacts.of_mission(row.mission_id, ArtifactKind.COMMIT)}
    rows = await tx.receipts.of_mission(row.mission_id)
    checked = list(zip(rows, serializers.receipts(rows), strict=True))
    items = [
        schemas.CommitDetail(
            sha=one.sha, message=one.message, author=one.author, created_at=one.at,
            task_id=made[one.sha].task_id if one.sha in made else None,
            link=made[one.sha].path if one.sha in made else None,
            receipts=[shown for receipt, shown in checked if receipt.detail.commit == one.sha],
        )
        for one in paging.cut(found)
    ]  # fmt: skip
    return schemas.Page(items=items, next=paging.next([one.sha for one in found]))


@router.get("/{name}/tree")
async def show_tree(
    name: str, company: CompanyDep, tx: Reading, paging: PagingDep, sha: Sha = None, path: Path = ""
) -> schemas.CodeTree:
    """Return what is in one folder of a commit, by name."""
    row = await _find(tx, name)
    sha, parts = sha or await _head(company, row), _parts(path)
    items = await forge_of(company).folder(repository_of(row), sha, parts)
    rest = [item for item in items if paging.after is None or item.name > paging.after]
    rest.sort(key=lambda item: item.name)
    entries = [
        schemas.TreeEntry(name=item.name, path="/".join((*parts, item.name)), kind=item.kind)
        for item in paging.cut(rest)
    ]
    return schemas.CodeTree(
        sha=sha, path="/".join(parts), items=entries, next=paging.next([item.name for item in rest])
    )


@router.get("/{name}/file")
async def show_file(name: str, company: CompanyDep, tx: Reading, path: Path, sha: Sha = None) -> schemas.CodeFile:
    """Return a file of a commit, at most its first 256 KiB."""
    row = await _find(tx, name)
    sha, parts = sha or await _head(company, row), _parts(path)
    found = await forge_of(company).file_head(repository_of(row), sha, parts, MAX_READ_BYTES)
    return schemas.CodeFile(
        sha=sha, path="/".join(parts), kind=found.kind, size=found.size, text=_text(found),
        is_cut=len(found.data) < found.size,
    )  # fmt: skip


async def _shown(tx: ReadTransaction, row: Artifact) -> schemas.Repository:
    commits = await tx.artifacts.of_mission(row.mission_id, ArtifactKind.COMMIT)
    return (await serializers.repositories(tx, await tx.missions.get(row.mission_id), [row, *commits]))[0]


async def _find(tx: ReadTransaction, name: str) -> Artifact:
    row = await tx.artifacts.find(name)
    if row is not None and row.kind == ArtifactKind.REPOSITORY:
        return row
    named = await tx.artifacts.of_name(ArtifactKind.REPOSITORY, name)
    if not named:
        raise NotFound(f"there is no repository {name!r}; `GET /api/repositories` lists them")
    return named[-1]


async def _head(company: CompanyDep, row: Artifact) -> str:
    head = await forge_of(company).head(repository_of(row))
    if head is None:
        raise NotFound(f"nothing was pushed to {row.name} yet")
    return head


def _parts(path: str) -> tuple[str, ...]:
    parts = tuple(part for part in path.split("/") if part)
    if len(parts) > MAX_PARTS:
        raise NotFound(f"there is no path of {len(parts)} parts")
    return parts


def _text(found: FileHead) -> str | None:
    """Return the bytes as text, None if they are none; a character that was cut in two is left out."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(found.data, final=len(found.data) == found.size)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
