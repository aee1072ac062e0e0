"""The forge: git is installed, and Gitea, if configured, accepts the company's token."""

import asyncio

from damascus.core.clock import SystemClock
from damascus.core.minimums import below_safe
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.forge.git_program import check_git
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe, product_of
from damascus.forge.store_check import check_store


async def check_forge(settings: Settings) -> DoctorResult:
    """Run git, make a commit where repositories are, and ask Gitea for what the company needs of it."""
    version = await asyncio.to_thread(check_git, over_http=settings.forge.kind == "gitea")
    folder = settings.shared / "git"
    await asyncio.to_thread(check_store, folder, SystemClock())
    detail = f"{version}; bare repositories under {folder}"
    if settings.forge.kind == "gitea":
        api = GiteaApi(settings.forge, SystemClock())
        detail += f"; {await probe(api, settings.forge)}"
        running = await api.version()
        unsafe = below_safe("gitea", running) if product_of(running) == "Gitea" else None
        if unsafe:
            return DoctorResult("forge", False, f"Gitea {unsafe}", "update Gitea, then run `ceo doctor` again")
    return DoctorResult("forge", True, detail)
