"""A desk with every tool on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.ledger.engine import Ledger
from damascus.tools.confined_folder import ConfinedFolder
from tests.fixtures.desk import Desk, open_desk


@pytest.fixture
async def desk(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, sqlite_ledger, bus) as desk:
        yield desk


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
