"""A worker reads on while it has room, and has stopped what it carried before it goes."""

import asyncio

from agents.running_tasks import RunningTasks
from damascus.core.records.tasks import Task
from tests.fixtures.rows import a_task


async def test_there_is_room_until_the_limit_and_again_when_a_task_ends() -> None:
    ended = asyncio.Event()

    async def run(task: Task) -> None:
        await ended.wait()

    running = RunningTasks(2, run)
    rooms = []
    for n in range(3):
        rooms.append(running.room.is_set())
        running.start(a_task("mis_1", id=f"task_{n}"))
    assert rooms == [True, True, False]
    ended.set()
    async with asyncio.timeout(60):
        await running.room.wait()


async def test_cancelling_waits_until_each_task_has_stopped() -> None:
    stopped: list[str] = []

    async def run(task: Task) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            stopped.append(task.id)

    running = RunningTasks(2, run)
    for n in range(2):
        running.start(a_task("mis_1", id=f"task_{n}"))
    await asyncio.sleep(0)
    await running.cancel()
    assert sorted(stopped) == ["task_0", "task_1"]
    assert running.room.is_set()
