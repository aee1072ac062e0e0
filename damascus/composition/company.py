"""The company's common ground: ledger, bus and outbox, opened from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

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
async def open_company(settings: Settings) -> AsyncIterator[Company]:
    """The company's parts, closed again at the end of the block."""
    clock = choose_clock(settings.company.faults)
    ledger = Ledger(settings.ledger_url, clock)
    bus = Bus(settings.redis.url, settings.redis.channels.prefix, settings.redis.maxlen, clock)
    outbox = Outbox(ledger, bus)
    try:
        yield Company(settings, clock, ledger, bus, outbox)
    finally:
        await outbox.close()
        await bus.close()
        await ledger.close()
