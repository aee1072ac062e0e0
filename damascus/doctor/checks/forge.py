"""The forge: git is installed, and Gitea, if configured, accepts the company's token."""

import asyncio

from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.minimums import below_safe
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.forge.git_program import check_git
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe, product_of
from damascus.forge.store_check import check_store
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import read_version
from damascus.ledger.schema_version import HEAD

MAX_LOOKED_AT = 20  # repositories, the newest


async def check_forge(settings: Settings) -> DoctorResult:
    """Run git, make a commit where repositories are, and ask Gitea for what the company needs of it."""
    version = await asyncio.to_thread(check_git, over_http=settings.forge.kind == "gitea")
    folder = settings.shared / "git"
    await asyncio.to_thread(check_store, folder, SystemClock())
    detail = f"{version}; bare repositories under {folder}"
    if settings.forge.kind == "gitea":
        api = GiteaApi(settings.forge, SystemClock())
        detail += f"; {await probe(api, settings.forge, await _repositories_in_use(settings))}"
        running = await api.version()
        unsafe = below_safe("gitea", running) if product_of(running) == "Gitea" else None
        if unsafe:
            return DoctorResult("forge", False, f"Gitea {unsafe}", "update Gitea, then run `ceo doctor` again")
    return DoctorResult("forge", True, detail)


async def _repositories_in_use(settings: Settings) -> list[str]:
    """Return the ids at Gitea of those that more is to come to; none if the ledger's check says what is wrong."""
    ledger = Ledger(settings.ledger_url)
    try:
        if await read_version(ledger) != HEAD:
            return []
        async with ledger.reading() as tx:
            found = {row.remote_id: None for row in reversed(await tx.forge_syncs.waiting()) if row.remote_id}
    except Unavailable:
        return []
    finally:
        await ledger.close()
    return list(found)[:MAX_LOOKED_AT]
