"""What has to reach the forge, on each database."""

from dataclasses import replace
from datetime import timedelta

from damascus.core.records.forge_syncs import BoardState, ForgeSyncKind, ForgeSyncRow, Released
from damascus.core.records.missions import MissionStatus
from damascus.ledger.engine import Ledger
from tests.fixtures.rows import WHEN, mission_in


def a_row(mission_id: str) -> ForgeSyncRow:
    return ForgeSyncRow(
        id="art_1", mission_id=mission_id, name="app", remote_id=None, target_sha=None, remote_sha=None,
        status="pending", reason=None, attempts=0, retry_at=WHEN, issues={},
        desk_item_id=None, created_at=WHEN, settled_at=None,
    )  # fmt: skip


async def test_putting_it_again_forgets_nothing(ledger: Ledger) -> None:
    row = a_row(await mission_in(ledger))
    async with ledger.transaction() as tx:
        await tx.forge_syncs.put(row)
        await tx.forge_syncs.change("art_1", target_sha="abc", issues={"task_1": (3, "abc")}, attempts=2)
    async with ledger.transaction() as tx:
        await tx.forge_syncs.put(row)
    async with ledger.reading() as tx:
        found = await tx.forge_syncs.get("art_1")
    assert found == replace(row, target_sha="abc", issues={"task_1": [3, "abc"]}, attempts=2)  # type: ignore[dict-item]


async def test_due_is_what_is_neither_settled_nor_put_off(ledger: Ledger) -> None:
    row = a_row(await mission_in(ledger))
    later = WHEN + timedelta(minutes=1)
    async with ledger.transaction() as tx:
        await tx.forge_syncs.put(row)
        await tx.forge_syncs.put(replace(row, id="art_2", retry_at=later))
        await tx.forge_syncs.put(replace(row, id="art_3", settled_at=WHEN))
        assert [found.id for found in await tx.forge_syncs.due(WHEN, ForgeSyncKind.CODE)] == ["art_1"]
        assert [found.id for found in await tx.forge_syncs.due(later, ForgeSyncKind.CODE)] == ["art_1", "art_2"]
        assert [found.id for found in await tx.forge_syncs.of_mission(row.mission_id)] == ["art_1", "art_2", "art_3"]


async def test_a_board_is_due_apart_from_code_and_reads_as_it_was_written(ledger: Ledger) -> None:
    mission_id = await mission_in(ledger)
    state = BoardState(web_url="http://forge/app", milestone=3, released=(Released("art_1", "v1"),))
    row = replace(a_row(mission_id), id=mission_id, kind=ForgeSyncKind.BOARD, board=state)
    async with ledger.transaction() as tx:
        await tx.forge_syncs.put(row)
        await tx.forge_syncs.put(a_row(mission_id))
    async with ledger.reading() as tx:
        assert await tx.forge_syncs.due(WHEN, ForgeSyncKind.BOARD) == [row] == await tx.forge_syncs.boards(10)
        assert await tx.forge_syncs.due(WHEN, ForgeSyncKind.CODE) == [a_row(mission_id)]
        assert await tx.forge_syncs.of_mission(mission_id) == [a_row(mission_id)]


async def test_a_mission_gets_a_board_unless_it_has_one_or_ended_long_ago(ledger: Ledger) -> None:
    mission_id = await mission_in(ledger)
    async with ledger.transaction() as tx:
        assert await tx.forge_syncs.missions_without_board(WHEN) == [mission_id]
        for ended, found in ((WHEN, []), (WHEN + timedelta(seconds=1), [mission_id])):
            await tx.missions.transition(mission_id, list(MissionStatus), MissionStatus.FAILED, finished_at=ended)
            assert await tx.forge_syncs.missions_without_board(WHEN) == found
        await tx.forge_syncs.put(replace(a_row(mission_id), id=mission_id, kind=ForgeSyncKind.BOARD))
        assert await tx.forge_syncs.missions_without_board(WHEN) == []
