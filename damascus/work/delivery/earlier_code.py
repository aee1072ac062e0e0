"""Code that was pushed while the company had no Gitea: it gets there once one is configured.

With the local forge alone nothing is noted of what has to reach another. So each worker that carries code looks, at its
start, for repositories whose last push was never noted. What follows is a sync like any other: it may be cut off and
done again, and nothing that is at Gitea is overwritten.
"""

from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work.delivery import repositories, sync_state
from damascus.work.outbox import Outbox

PAGE_SIZE = 100


async def note_earlier_code(outbox: Outbox, page_size: int = PAGE_SIZE) -> int:
    """Note for every mission's repository that its last push has to reach the forge. Returns how many were not noted.

    May be done again, and by several at once. Raises Unavailable if the ledger is.
    """
    noted, after, is_more = 0, None, True
    while is_more:
        async with outbox.reading() as tx:
            page = await tx.artifacts.list(ArtifactKind.REPOSITORY, after, page_size)
            missing = [row for row in page if await _missing(tx, row) is not None]
        if missing:
            async with outbox.transaction() as tx:
                noted += sum([await _note(tx, row) for row in missing])
        is_more = len(page) == page_size
        after = page[-1].id if page else None
    return noted


async def _note(tx: Transaction, row: Artifact) -> bool:
    """Note it if it is still to be noted: a worker may have pushed meanwhile, or do so now."""
    await sync_state.schedule(tx, row)  # on PostgreSQL, too, a push then waits for this, or is seen
    sha = await _missing(tx, row)
    if sha is not None:
        await sync_state.schedule(tx, row, sha)
    return sha is not None


async def _missing(tx: ReadTransaction, row: Artifact) -> str | None:
    """Return the last commit that was pushed to a repository, None if it is noted that the forge has to get it."""
    made = await tx.artifacts.of_mission(row.mission_id, ArtifactKind.COMMIT)
    commits = repositories.pushed(made, row.name)
    sync = await tx.forge_syncs.find(row.id)
    is_noted = not commits or (sync is not None and sync.target_sha == commits[-1].name)
    return None if is_noted else commits[-1].name
