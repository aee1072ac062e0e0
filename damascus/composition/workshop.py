"""Which workshop the settings ask for: here, or behind a Unix socket. Never one in place of the other."""

from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.settings import Settings
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import Workshop
from damascus.workshop.remote import RemoteWorkshop


def choose_workshop(settings: Settings, clock: Clock, root: Path) -> Workshop:
    """The workshop of the company whose folder is `root`."""
    if settings.workshop.socket:
        return RemoteWorkshop(Path(settings.workshop.socket), settings.workshop, clock)
    return LocalWorkshop(settings.workshop, clock, private=(settings.home, root / ".env"))
