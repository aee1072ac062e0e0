"""The forge: git is installed, and Gitea, if configured, accepts the company's token."""

import shutil
import subprocess

from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.doctor.floors import below_floor
from damascus.doctor.result import DoctorResult
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe, product_of


async def check_forge(settings: Settings) -> DoctorResult:
    """Run git, make the folder of repositories, and ask Gitea for what the company needs of it."""
    if shutil.which("git") is None:
        return DoctorResult("forge", False, "git is not on the PATH", "install git")
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: ASYNC221
    folder = settings.shared / "git"
    folder.mkdir(parents=True, exist_ok=True)
    detail = f"{version}; bare repositories under {folder}"
    if settings.forge.kind == "gitea":
        api = GiteaApi(settings.forge, SystemClock())
        detail += f"; {await probe(api, settings.forge)}"
        running = await api.version()
        unsafe = below_floor("gitea", running) if product_of(running) == "Gitea" else None
        if unsafe:
            return DoctorResult("forge", False, f"Gitea {unsafe}", "update Gitea, then run `ceo doctor` again")
    return DoctorResult("forge", True, detail)
