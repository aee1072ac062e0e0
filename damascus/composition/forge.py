"""Chooses the forge."""

from damascus.core.clock import Clock
from damascus.core.settings import Settings
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.local import LocalForge
from damascus.forge.port import Forge


def choose_forge(settings: Settings, clock: Clock) -> Forge:
    """Return the forge that the settings name."""
    folders = settings.shared / "git", settings.home / "git-dirs"
    return GiteaForge(*folders, settings.forge, clock) if settings.forge.kind == "gitea" else LocalForge(*folders)
