"""A report rests on pages as they were read: one byte of one that is changed in the ledger fails its receipt."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from damascus.bus.streams import Bus
from damascus.core.events import EventKind
from damascus.ledger.engine import Ledger
from damascus.work import policies
from tests.fixtures.site import DirectWeb, Site
from tests.fixtures.workbench import BODY, Workbench, open_workbench

FACT = "The market for bread grew by nine percent last year, says the office of statistics."
PAGE = f"{FACT}\nSmall bakeries lost a tenth of their customers to supermarkets.\n{'And so on, at length. ' * 9}"
KEPT = ("text", "text_sha256", "url", "final_url", "facts")


@pytest.fixture
async def web(site: Site) -> AsyncIterator[DirectWeb]:
    made = DirectWeb(site.settings())
    yield made
    await made.close()


@pytest.fixture
async def workbench(tmp_path: Path, ledger: Ledger, bus: Bus, web: DirectWeb) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, ledger, bus, web=web) as workbench:
        async with workbench.outbox.transaction() as tx:
            await policies.write(tx, "research", {"addresses": "any"})
        yield workbench


def one_byte_changed(value: Any) -> Any:
    if isinstance(value, str):
        return value[:-1] + ("a" if value[-1] != "a" else "b")
    return replace(value, title=one_byte_changed(value.title))


async def problems(workbench: Workbench, task: Any) -> list[str]:
    return [receipt.text for receipt in await workbench.check(task) if not receipt.ok]


async def test_one_byte_that_changed_fails_the_receipt(workbench: Workbench, site: Site) -> None:
    """Whichever it is, of a page that a claim names and of one that the report cites itself."""
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "notes"})
    url = site.article("/bread", PAGE, "<title>Bread in figures</title>")
    page = (await workbench.call(task, "fetch_page", url=url)).text.partition(":")[0]
    left = await workbench.call(task, "leave_trail", kind="finding", text="It grew.", source=page, passage=FACT)
    claim = left.text.removeprefix("trail entry ").partition(":")[0]
    async with workbench.outbox.reading() as tx:
        kept = await tx.sources.at(workbench.mission.id, int(page[1:]))
    assert kept is not None
    for cited in (claim, page):
        await workbench.call(task, "write_report", name="notes", title="T", body=f"It grew [{cited}].\n{BODY}")
        for column in KEPT:
            whole = getattr(kept, column)
            async with workbench.outbox.transaction() as tx:
                await tx.sources._update({"id": kept.id}, **{column: one_byte_changed(whole)})
            (problem,) = await problems(workbench, task)
            assert f"what {cited} cites is not as it was read" in problem, column
            async with workbench.outbox.transaction() as tx:
                await tx.sources._update({"id": kept.id}, **{column: whole})
            assert await problems(workbench, task) == []


async def test_who_changes_text_and_checksum_together_is_found_by_the_entry(workbench: Workbench, site: Site) -> None:
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "notes"})
    page = (await workbench.call(task, "fetch_page", url=site.article("/bread", PAGE))).text.partition(":")[0]
    await workbench.call(task, "write_report", name="notes", title="T", body=f"It grew [{page}].\n{BODY}")
    async with workbench.outbox.transaction() as tx:
        kept = await tx.sources.at(workbench.mission.id, int(page[1:]))
        (entry,) = await tx.events.trail(workbench.mission.id, kind=EventKind.SOURCE)
        assert kept is not None
        assert entry.payload["sha256"] == kept.sha256()
        forged = replace(kept, text=kept.text.replace("nine", "nint"))
        await tx.sources._update(
            {"id": kept.id}, text=forged.text, text_sha256=hashlib.sha256(forged.text.encode()).hexdigest()
        )
    assert len(await problems(workbench, task)) == 1
