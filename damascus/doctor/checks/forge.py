"""The forge: git is installed, and Gitea, if configured, accepts the company's token."""

import shutil
import subprocess

from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.doctor.result import DoctorResult
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import probe


async def check_forge(settings: Settings) -> DoctorResult:
    """Run git, make the folder of repositories, and ask Gitea for what the company needs of it."""
    if shutil.which("git") is None:
        return DoctorResult("forge", False, "git is not on the PATH", "install git")
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: ASYNC221
    folder = settings.shared / "git"
    folder.mkdir(parents=True, exist_ok=True)
    detail = f"{version}; bare repositories under {folder}"
    if settings.forge.kind == "gitea":
        detail += f"; {await probe(GiteaApi(settings.forge, SystemClock()), settings.forge)}"
    return DoctorResult("forge", True, detail)
