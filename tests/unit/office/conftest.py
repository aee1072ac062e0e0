"""The office's common ground without its port: a ledger, a bus and a clock that a test moves."""

from collections.abc import AsyncIterator

import httpx
import pytest

from damascus.bus.streams import Bus
from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.office.app import create_app
from damascus.work.outbox import Outbox

TOKEN = "a-token"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def office(ledger_url: str, bus: Bus, clock: FixedClock) -> AsyncIterator[Company]:
    ledger = Ledger(ledger_url, clock)
    outbox = Outbox(ledger, bus)
    yield Company(Settings(), clock, ledger, bus, outbox)
    await outbox.close()
    await ledger.close()


@pytest.fixture
async def http(office: Company) -> AsyncIterator[httpx.AsyncClient]:
    """Who has the token, at the office's API."""
    transport = httpx.ASGITransport(create_app(office, TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client
