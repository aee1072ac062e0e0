"""A workbench with every tool on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.confined_folder import ConfinedFolder
from damascus.ledger.engine import Ledger
from tests.fixtures.workbench import Workbench, open_workbench


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a secret beside it."""
    place = tmp_path / "code" / "workspace"
    place.mkdir(parents=True)
    (tmp_path / "secret").write_text("s3cret")
    return place


@pytest.fixture
def jail(root: Path) -> ConfinedFolder:
    return ConfinedFolder(root)
