"""Chooses the workshop: on this machine, or behind a Unix socket. Never one in place of the other."""

from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.settings import Settings
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import Workshop
from damascus.workshop.remote import RemoteWorkshop


def choose_workshop(settings: Settings, clock: Clock, root: Path) -> Workshop:
    """Return the workshop that the settings name, for the company in the folder `root`."""
    if settings.workshop.socket:
        return RemoteWorkshop(Path(settings.workshop.socket), settings.workshop, clock)
    return LocalWorkshop(settings.workshop, clock, private=(settings.home, root / ".env"))
