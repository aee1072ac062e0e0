"""Builds what every process of the company uses: ledger, bus and outbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from damascus.bus.acl import CEO
from damascus.bus.streams import Bus
from damascus.core.clock import Clock, choose_clock
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.work.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Company:
    """What every process of the company shares."""

    settings: Settings
    clock: Clock
    ledger: Ledger
    bus: Bus
    outbox: Outbox


@asynccontextmanager
async def open_company(settings: Settings, *, is_office: bool = True) -> AsyncIterator[Company]:
    """Build the common parts, and close them at the end of the block."""
    clock = choose_clock(settings.company.faults)
    ledger = Ledger(settings.ledger_url, clock)
    bus = Bus(settings.redis.url, settings.redis.channels.prefix, settings.redis.maxlen, clock)
    outbox = Outbox(ledger, bus, () if is_office else (CEO,))
    try:
        yield Company(settings, clock, ledger, bus, outbox)
    finally:
        await outbox.close()
        await bus.close()
        await ledger.close()
