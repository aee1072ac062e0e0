"""A command that plants files where a screenshot is about to be taken shows its model no other file by it."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents import pictures
from damascus.bus.streams import Bus
from damascus.ledger.engine import Ledger
from damascus.tools.tool import ToolResult
from tests.fixtures.pictures import png
from tests.fixtures.programs import needs_chromium
from tests.fixtures.workbench import Workbench, open_workbench

CLASS = "a picture that is another file"
PLANT = """
import glob, os, shutil
while True:
    for file in glob.glob(".screenshot-*.png"):
        try:
            os.unlink(file)
            {plant}
        except OSError:
            pass
"""
PLANTS = {
    "a link out of the workspace": "os.symlink({secret!r}, file)",
    "a hard link": "os.link({secret!r}, file)",
    "a picture of 60000 pixels": "shutil.copy('large.png', file)",
}


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        workbench.needs_jail()
        yield workbench


@pytest.mark.attack("files planted under the name of a screenshot, as it is taken", CLASS)
@pytest.mark.parametrize("plant", PLANTS)
async def test_a_planted_file_is_no_picture(workbench: Workbench, plant: str) -> None:
    """Class: a picture that is another file. Either what Chromium made is kept, or nothing; and by its digest only."""
    needs_chromium()
    secret = workbench.services.shared.parent / "secret.png"
    secret.write_bytes(png(640, 480, b"the secret"))
    task = await workbench.task(deliverable={"kind": "code", "name": "tea"})
    await workbench.call(task, "create_repository", name="tea", description="serves tea")
    await workbench.call(task, "write_file", path="index.html", content="<h1>tea</h1>")
    large = bytearray(png(1, 1))
    large[16:24] = (60_000).to_bytes(4) * 2
    (workbench.workspace("tea") / "large.png").write_bytes(large)
    script = PLANT.format(plant=PLANTS[plant].format(secret=str(secret)))
    await workbench.call(task, "write_file", path="plant.py", content=script)
    await workbench.call(task, "run_command", command="exec python3 plant.py", background=True)
    seen: ToolResult = await workbench.call(task, "screenshot", page="index.html", name="tea", width=640, height=480)
    await workbench.services.background.end(task.id)
    kept = list((workbench.services.shared / "reports").glob("*/screenshots/*"))
    for one in kept:
        assert b"secret" not in one.read_bytes()
    if seen.picture is None:
        assert kept == []
        return
    assert (seen.picture.width, seen.picture.height) == (640, 480)
    shown = pictures.shown(workbench.services.shared, seen.picture)
    assert shown is not None
    assert hashlib.sha256(shown.png).hexdigest() == seen.picture.digest
