"""A ledger of an earlier version keeps its rows, under the names of today."""

from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from damascus.core.records.artifacts import ArtifactDetail, Citation
from damascus.core.records.desk_items import DeskItemDetail, DeskItemStatus
from damascus.core.records.directives import DirectiveOptions
from damascus.core.records.forge_syncs import ForgeSyncStatus
from damascus.core.records.receipts import ReceiptDetail
from damascus.core.records.tasks import Deliverable, DeliverableKind
from damascus.core.records.turns import Speaker, TurnStatus
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import SCRIPTS, upgrade

AT = "'2026-11-01 08:00:00.000000'"
OLD_ROWS = (
    f"INSERT INTO directives VALUES ('dir_1', 'ceo', 'Sell tea', '{{}}', {AT})",
    "INSERT INTO proposals (id, directive_id, sender, status, created_at) "
    f"VALUES ('prop_1', 'dir_1', 'ceo', 'accepted', {AT})",
    "INSERT INTO missions (id, directive_id, proposal_id, slug, directive, playbook, status, replans, created_at) "
    f"VALUES ('mis_1', 'dir_1', 'prop_1', 'sell-tea', 'Sell tea', 'startup', 'running', 0, {AT})",
    "INSERT INTO tasks (id, mission_id, key, kind, role, title, description, deliverable, acceptance, hops, status, "
    "attempt, created_at) VALUES ('task_1', 'mis_1', 'prd', 'work', 'pm', 'PRD', 'Write it', "
    f'\'{{"kind": "report", "name": "prd"}}\', \'["done"]\', 0, \'parked\', 1, {AT})',
    "INSERT INTO turns (id, task_id, attempt, n, role, content, tool, arguments, state, created_at) "
    f"VALUES ('turn_1', 'task_1', 1, 1, 'tool', '', 'ask', '{{\"question\": \"Which?\"}}', 'waiting', {AT})",
    "INSERT INTO usage (id, mission_id, task_id, agent, model, input_tokens, output_tokens, cost, price_known, "
    f"answered, created_at) VALUES ('use_1', 'mis_1', 'task_1', 'pm', 'm', 10, 2, 300, true, true, {AT})",
    "INSERT INTO approvals (id, kind, mission_id, task_id, turn_id, text, amount, detail, status, answer, created_at) "
    f"VALUES ('apr_1', 'question', 'mis_1', 'task_1', 'turn_1', 'Which?', 0, '{{}}', 'granted', 'Green', {AT})",
    "INSERT INTO approvals (id, kind, mission_id, task_id, turn_id, text, amount, detail, status, created_at) "
    "VALUES ('apr_2', 'permission', 'mis_1', 'task_1', 'turn_1', 'May pm?', 0, "
    f"'{{\"tool\": \"push\"}}', 'granted', {AT})",
    "INSERT INTO artifacts (id, mission_id, task_id, kind, name, path, detail, created_at) VALUES ('art_2', 'mis_1', "
    "'task_1', 'report', 'prd', 'reports/x/prd.md', "
    f'\'{{"title": "Tea", "sources": [{{"ref": "e1", "by": "pm", "text": "Which"}}]}}\', {AT})',
    "INSERT INTO artifacts (id, mission_id, task_id, kind, name, path, detail, created_at) "
    f"VALUES ('art_3', 'mis_1', 'task_1', 'commit', 'abc', 'x', '{{\"repository\": \"tea\", \"gone\": 1}}', {AT})",
    "INSERT INTO receipts (id, mission_id, task_id, kind, ok, text, detail, created_at) "
    f"VALUES ('rcp_1', 'mis_1', 'task_1', 'sources', true, 'cited', '{{\"sources\": [\"e1\"]}}', {AT})",
    "INSERT INTO outgoing (id, mission_id, name, remote, wanted, there, status, attempts, next_at, issues, "
    "approval_id, created_at) VALUES ('art_1', 'mis_1', 'tea', '7', 'bbb', 'aaa', "
    f"'waiting', 2, {AT}, '{{}}', 'apr_1', {AT})",
)


@pytest.fixture
async def old_ledger(blank_url: str) -> AsyncIterator[Ledger]:
    """A ledger of version 0002 with a mission in the middle of its work."""
    ledger = Ledger(blank_url)

    def fill(connection: Connection) -> None:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        command.upgrade(config, "0002")
        for row in OLD_ROWS:
            connection.execute(text(row.replace(":", r"\:")))

    await ledger.run(fill)
    yield ledger
    await ledger.close()


async def test_rows_of_an_earlier_version_are_kept(old_ledger: Ledger) -> None:
    await upgrade(old_ledger)

    async with old_ledger.reading() as tx:
        assert (await tx.missions.get("mis_1")).directive_text == "Sell tea"
        task = await tx.tasks.get("task_1")
        (turn,) = await tx.turns.of_task("task_1")
        (use,) = await tx.usage.of_task("task_1")
        question, permission = await tx.desk_items.get("apr_1"), await tx.desk_items.get("apr_2")
        sync = await tx.forge_syncs.find("art_1")
        report, commit = await tx.artifacts.get("art_2"), await tx.artifacts.get("art_3")
        (receipt,) = await tx.receipts.of_mission("mis_1")
        directive = await tx.directives.get("dir_1")
    assert (task.key, task.acceptance) == ("prd", ["done"])
    assert (turn.speaker, turn.status, turn.arguments) == (Speaker.TOOL, TurnStatus.WAITING, {"question": "Which?"})
    assert (use.role, use.cost) == ("pm", 300)
    assert (question.status, question.answer, question.text) == (DeskItemStatus.ANSWERED, "Green", "Which?")
    assert (permission.status, permission.detail) == (DeskItemStatus.GRANTED, DeskItemDetail(tool="push"))
    assert (task.deliverable, directive.options) == (Deliverable(DeliverableKind.REPORT, "prd"), DirectiveOptions())
    assert report.detail == ArtifactDetail(title="Tea", sources=(Citation("e1", "pm", "Which"),))
    assert (commit.detail.repository, commit.detail.pushed, commit.detail.message) == ("tea", False, "")
    assert receipt.detail == ReceiptDetail(sources=("e1",))
    assert sync is not None
    assert (sync.status, sync.remote_id, sync.target_sha, sync.remote_sha) == (
        ForgeSyncStatus.PENDING,
        "7",
        "bbb",
        "aaa",
    )
    assert (sync.attempts, sync.desk_item_id, sync.settled_at) == (2, "apr_1", None)
