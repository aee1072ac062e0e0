"""A worker that stood still while another took its task over: none of its tools touches anything."""

from pathlib import Path

import pytest

from damascus.core.clock import FixedClock
from damascus.core.errors import LeaseLost
from damascus.core.settings import Settings
from damascus.tools.tool import ToolContext
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import recovery
from tests.fixtures.story import SETTINGS
from tests.fixtures.workbench import ALL, BODY, Workbench

CALLS = {
    "write_file": {"path": "a", "content": "zombie"},
    "edit_file": {"path": "a", "old": "living", "new": "zombie"},
    "run_command": {"command": "echo zombie > a"},
    "commit": {"message": "zombie"},
    "push": {},
    "create_repository": {"name": "zombie", "description": "zombie"},
    "write_report": {"name": "zombie", "title": "zombie", "body": BODY},
    "leave_trail": {"kind": "log", "text": "zombie"},
    "send_message": {"to": "vp", "content": "zombie"},
    "ask": {"to": "ceo", "question": "zombie?"},
    "delegate": {"role": "pm", "title": "z", "description": "z", "deliverable": {"kind": "note", "name": "z"}},
    "blocked": {"reason": "zombie"},
    "finish": {"summary": "zombie"},
}


@pytest.mark.parametrize("tool", sorted(CALLS))
async def test_a_tool_asks_who_has_the_task_before_it_acts_once_its_worker_stood_still(
    workbench: Workbench, tool: str
) -> None:
    task = await workbench.task(deliverable={"kind": "code", "name": "app", "test_command": "true"})
    await workbench.call(task, "create_repository", name="app", description="an app")
    await workbench.call(task, "write_file", path="a", content="living")
    clock = FixedClock()
    living = await workbench.context(task)
    context = ToolContext(
        TaskLease(workbench.outbox, task, SETTINGS, clock), living.mission, living.author, living.turn
    )
    await context.lease.ensure()
    clock.advance(Settings().limits.lease)
    async with workbench.outbox.transaction() as tx:
        await recovery.recover_tasks_of(tx, "w", SETTINGS)
    before = files(workbench)
    with pytest.raises(LeaseLost):
        await workbench.registry.run(context, ALL, tool, CALLS[tool])
    assert files(workbench) == before


def files(workbench: Workbench) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in workbench.services.shared.rglob("*") if path.is_file()}
