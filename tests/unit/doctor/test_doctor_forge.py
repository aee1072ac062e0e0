"""`ceo doctor` on repositories that exist at Gitea and that more is to come to: said before a push fails."""

from pathlib import Path
from typing import Any

import pytest

from damascus.core import settings
from damascus.core.errors import ForgeUnavailable
from damascus.core.settings import Settings
from damascus.doctor.checks.forge import check_forge
from tests.fixtures.firm_at_gitea import Firm
from tests.fixtures.gitea import Double

ROOT = Path(__file__).parents[3]
THERE = "/repos/founder/invoicer"
ARCHIVED: dict[str, Any] = {"archived": True}


def settings_of(folder: Path, ledger_url: str, gitea: Double) -> Settings:
    places = {
        "DAMASCUS_HOME": str(folder / "home"),
        "DAMASCUS_SHARED": str(folder / "shared"),
        "LEDGER_URL": ledger_url,
    }
    return settings.load(ROOT, places).model_copy(update={"forge": gitea.settings()})


async def test_a_repository_in_use_that_was_archived_is_named(
    firm: Firm, tmp_path: Path, sqlite_ledger_url: str, gitea: Double
) -> None:
    company = settings_of(tmp_path, sqlite_ledger_url, gitea)
    await firm.begin()
    await firm.push()
    assert (await check_forge(company)).ok
    gitea.ask("PATCH", THERE, ARCHIVED)
    with pytest.raises(ForgeUnavailable, match="founder/invoicer is archived at Gitea; unarchive it"):
        await check_forge(company)


async def test_one_whose_mission_has_ended_may_be_archived_and_one_that_is_gone_is_made_again(
    firm: Firm, tmp_path: Path, sqlite_ledger_url: str, gitea: Double
) -> None:
    company = settings_of(tmp_path, sqlite_ledger_url, gitea)
    await firm.begin()
    await firm.push()
    gitea.ask("DELETE", THERE)
    assert (await check_forge(company)).ok
    await firm.end()
    for _ in range(4):
        await firm.show()
        row = await firm.sync()
    assert row.settled_at is not None
    gitea.ask("PATCH", THERE, ARCHIVED)
    assert (await check_forge(company)).ok


async def test_a_ledger_that_cannot_be_read_is_not_the_forges_fault(tmp_path: Path, gitea: Double) -> None:
    assert (await check_forge(settings_of(tmp_path, f"sqlite:///{tmp_path}/new.db", gitea))).ok
    (tmp_path / "no.db").write_bytes(b"not a ledger" * 100)
    assert (await check_forge(settings_of(tmp_path, f"sqlite:///{tmp_path}/no.db", gitea))).ok
