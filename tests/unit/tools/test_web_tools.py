"""Pages are read once, kept and cited; a claim is verified only where the kept page says it word for word."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import frontmatter
import pytest

from damascus.bus.streams import Bus
from damascus.core.settings import SearchSettings
from damascus.ledger.engine import Ledger
from damascus.work import policies
from damascus.work.delivery import report_files
from tests.fixtures.site import Answer, DirectWeb, Site
from tests.fixtures.story import planned, running_mission
from tests.fixtures.workbench import BODY, Workbench, open_workbench

FACT = "The market for bread grew by nine percent last year, says the office of statistics."
PAGE = f"{FACT}\nSmall bakeries lost a tenth of their customers to supermarkets since 2019.\n" + (
    "Those that sell by order kept theirs, and earned more with each of them than before. " * 5
)


@pytest.fixture
async def web(site: Site) -> AsyncIterator[DirectWeb]:
    made = DirectWeb(site.settings(search=SearchSettings(without_key=False)))
    yield made
    await made.close()


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus, web: DirectWeb) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus, web=web) as workbench:
        async with workbench.outbox.transaction() as tx:
            await policies.write(tx, "research", {"addresses": "any"})
        yield workbench


async def test_a_page_is_read_once_and_kept_as_it_was(workbench: Workbench, site: Site, web: DirectWeb) -> None:
    url = site.article("/bread", PAGE, "<title>Bread in figures</title>")
    task = await workbench.task(role="pm")
    shown = (await workbench.call(task, "fetch_page", url=url)).text
    ref = shown.partition(":")[0]
    assert f"> {FACT}" in shown
    site.answers["/bread"] = Answer(b"gone", 410)
    again = (await workbench.call(await workbench.task(role="sales"), "fetch_page", url=f" {url} ")).text
    assert again == shown
    assert web.fetched == [url]
    async with workbench.outbox.reading() as tx:
        source = await tx.sources.at(workbench.mission.id, int(ref[1:]))
        entry = (await tx.events.trail(workbench.mission.id))[-1]
    assert source is not None
    assert FACT in source.text
    assert source.text_sha256 == hashlib.sha256(source.text.encode()).hexdigest()
    assert (source.url, source.facts.title, source.facts.status) == (url, "Bread in figures", 200)
    assert (entry.entry, entry.kind, entry.payload["source_id"]) == (source.entry, "source", source.id)


async def test_two_tasks_that_read_a_page_at_once_keep_it_once(workbench: Workbench, site: Site) -> None:
    url = site.article("/bread", PAGE)
    tasks = [await workbench.task(role="pm") for _ in range(3)]
    shown = await asyncio.gather(*(workbench.call(task, "fetch_page", url=url) for task in tasks))
    assert len({result.text for result in shown}) == 1
    async with workbench.outbox.reading() as tx:
        assert len(await tx.sources.of_mission(workbench.mission.id)) == 1


async def test_another_mission_asks_whether_a_page_has_changed(workbench: Workbench, site: Site) -> None:
    url = site.article("/bread", PAGE)
    site.answers["/bread"].headers["ETag"] = '"v1"'
    await workbench.call(await workbench.task(role="pm"), "fetch_page", url=url)
    site.answers["/bread"] = Answer(status=304)
    other = await running_mission(workbench.outbox, planned("b"))
    shown = (await workbench.call(await workbench.task(role="pm", mission=other), "fetch_page", url=url)).text
    assert FACT in shown
    assert site.asked[-1][1]["if-none-match"] == '"v1"'
    async with workbench.outbox.reading() as tx:
        mine, theirs = [await tx.sources.of_mission(m.id) for m in (workbench.mission, other)]
    assert mine[0].text_sha256 == theirs[0].text_sha256
    assert (mine[0].ref, theirs[0].ref) == ("e1", "e1")


async def test_a_place_on_a_page_is_that_page(workbench: Workbench, site: Site, web: DirectWeb) -> None:
    url = site.article("/bread", PAGE)
    task = await workbench.task(role="pm")
    shown = [(await workbench.call(task, "fetch_page", url=f"{url}{place}")).text for place in ("#a", "", "#b")]
    assert shown[0] == shown[1] == shown[2]
    assert web.fetched == [url]
    left = await workbench.call(task, "leave_trail", kind="finding", text="x", source=f"{url}#c", passage=FACT)
    assert left.text.endswith(": verified")


async def test_a_page_whose_text_was_changed_is_read_again_by_the_next_mission(
    workbench: Workbench, site: Site
) -> None:
    url = site.article("/bread", PAGE)
    site.answers["/bread"].headers["ETag"] = '"v1"'
    page = (await workbench.call(await workbench.task(role="pm"), "fetch_page", url=url)).text.partition(":")[0]
    async with workbench.outbox.transaction() as tx:
        await tx.sources._update({"entry": int(page[1:])}, text="Bread is free everywhere, say bakers of the world.")
    other = await running_mission(workbench.outbox, planned("b"))
    shown = (await workbench.call(await workbench.task(role="pm", mission=other), "fetch_page", url=url)).text
    assert FACT in shown
    assert "if-none-match" not in site.asked[-1][1]


async def test_a_long_page_is_read_in_parts(workbench: Workbench, site: Site) -> None:
    site.answers["/long"] = Answer(b"a" * 12_000 + b"b" * 11_999 + b"c", headers={"Content-Type": "text/plain"})
    task = await workbench.task(role="pm")
    first = (await workbench.call(task, "fetch_page", url=f"{site.url}/long")).text
    assert "part 1 of 2. Continue with `part` 2" in first
    assert "b" * 20 not in first
    last = (await workbench.call(task, "fetch_page", url=f"{site.url}/long", part=9)).text
    assert "part 2 of 2." in last
    assert last.endswith("bc")
    assert "Continue" not in last


async def test_a_page_that_is_not_there_is_a_text_that_says_what_to_do(workbench: Workbench, site: Site) -> None:
    task = await workbench.task(role="pm")
    for url, says in (
        (f"{site.url}/none", "has no such page"),
        ("http://10.0.0.1/", "not public"),
        ("x", "begins with"),
    ):
        result = await workbench.call(task, "fetch_page", url=url)
        assert says in result.text
        assert not result.retryable
    async with workbench.outbox.reading() as tx:
        assert await tx.sources.of_mission(workbench.mission.id) == []


async def test_a_claim_is_verified_if_the_page_says_it(workbench: Workbench, site: Site) -> None:
    url = site.article("/bread", PAGE)
    task = await workbench.task(role="pm")
    ref = (await workbench.call(task, "fetch_page", url=url)).text.partition(":")[0]

    async def leave(**more: str) -> str:
        return (await workbench.call(task, "leave_trail", kind="finding", text=f"It grew ({more}).", **more)).text

    assert (await leave(source=ref, passage=FACT)).endswith(": verified")
    assert (await leave(source=f"[{ref}]", passage=f"  {FACT}")).endswith(": verified")
    assert (await leave(source=f"see {url}.", passage=FACT)).endswith(": verified")
    assert (await leave(source=ref)).endswith(": cited, not verified")
    assert (await leave(source="what bakers told me")).endswith(": own knowledge")
    assert (await leave()).endswith(": own knowledge")
    assert (await leave(source="computed")).endswith(": computed")
    words = workbench.mission.directive_text
    assert (await leave(source="directive")).endswith(": from the CEO")
    if len(words) >= 15:
        assert (await leave(source="directive", passage=words)).endswith(": from the CEO")
    assert "does not say that" in await leave(source="directive", passage="grow by eighty percent at any cost")
    wrong = await leave(source=ref, passage=FACT.replace("nine", "ninety"))
    assert "does not say that word for word" in wrong
    assert FACT in wrong
    assert "at least 15" in await leave(source=ref, passage="bread")
    assert "needs its `source`" in await leave(passage=FACT)
    assert "was not read in this mission" in await leave(source="https://example.org/never")
    assert "not a page that this mission read" in await leave(source="e999999")


async def test_a_page_of_another_mission_is_not_a_source(workbench: Workbench, site: Site) -> None:
    url = site.article("/bread", PAGE)
    other = await running_mission(workbench.outbox, planned("b"))
    ref = (await workbench.call(await workbench.task(role="pm", mission=other), "fetch_page", url=url)).text.partition(
        ":"
    )[0]
    task = await workbench.task(role="pm")
    for source in (ref, url):
        result = await workbench.call(task, "leave_trail", kind="finding", text="x", source=source, passage=FACT)
        assert "read in this mission" in result.text or "this mission read" in result.text


async def test_each_citation_of_a_report_shows_its_mark(workbench: Workbench, site: Site) -> None:
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "notes"})
    page = (await workbench.call(task, "fetch_page", url=site.article("/bread", PAGE))).text.partition(":")[0]
    left = await workbench.call(task, "leave_trail", kind="finding", text="It grew.", source=page, passage=FACT)
    sure = left.text.removeprefix("trail entry ").partition(":")[0]
    own = await workbench.cite(task)
    body = f"Bread grew [{sure}; {own}], as they say [{page}]. See x[{own}] and [{own}](https://example.org).\n\n{BODY}"
    for text in (body, body.replace(f"[{page}]", f"[{page}, verified]")):  # as if it were copied from an older report
        await workbench.call(task, "write_report", name="notes", title="T", body=text)
        written = frontmatter.loads(workbench.report("notes").read_text())
        assert (
            f"[{sure}, verified](#{sure}) [{own}, own knowledge](#{own}), as they say "
            f"[{page}, cited, not verified](#{page})" in written.content
        )
        assert f"x[{own}]" in written.content
        for ref, mark in {sure: "verified", own: "own knowledge", page: "cited, not verified"}.items():
            assert f"#### {ref}\n\n{mark}, by " in written.content
        listed = written.content.partition(report_files.SOURCES_NOTE)[2]
        address = f"[`{site.url.removeprefix('http://')}/bread`]({site.url}/bread) read 20"
        assert listed.count(address) == 2, "of the page, and of what rests on it"
    receipts = await workbench.check(task)
    assert all(receipt.ok for receipt in receipts)
    assert "3 cited entries are in the trail: 1 verified, 1 cited, not verified, 1 own knowledge" in receipts[1].text


async def test_an_invented_citation_in_the_text_is_refused(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "notes"})
    ref = await workbench.cite(task)
    result = await workbench.call(
        task, "write_report", name="notes", title="T", body=f"As known [{ref}, e999].\n{BODY}", sources=[ref]
    )
    assert "not in the trail of this mission: e999" in result.text


async def test_a_market_report_rests_on_what_was_read_where_it_can(workbench: Workbench, site: Site) -> None:
    task = await workbench.task(role="sales", deliverable={"kind": "report", "name": "market"})
    own = await workbench.cite(task)
    body = f"As known [{own}].\n{BODY}"
    await workbench.call(task, "write_report", name="market", title="T", body=body)
    assert (
        workbench.report("market")
        .read_text()
        .partition("---\n\n")[2]
        .startswith("# T\n\n> Nothing was looked up on the web")
    )
    assert all(receipt.ok for receipt in await workbench.check(task))  # nothing could be read: as before
    page = (await workbench.call(task, "fetch_page", url=site.article("/bread", PAGE))).text.partition(":")[0]
    failed = [receipt for receipt in await workbench.check(task) if not receipt.ok]
    assert ["0 of 1 cited claims are verified" in receipt.text for receipt in failed] == [True]
    left = await workbench.call(task, "leave_trail", kind="finding", text="It grew.", source=page, passage=FACT)
    sure = left.text.removeprefix("trail entry ").partition(":")[0]
    await workbench.call(task, "write_report", name="market", title="T", body=f"{body} It grew [{sure}].")
    assert "looked up" not in workbench.report("market").read_text()
    assert all(receipt.ok for receipt in await workbench.check(task))  # one of two is more than a quarter
    async with workbench.outbox.transaction() as tx:
        await policies.write(tx, "research", {"verified_share": 0.6})
    assert not all(receipt.ok for receipt in await workbench.check(task))
    async with workbench.outbox.transaction() as tx:
        await policies.write(tx, "research", {"verified_share": 0.6, "reports": ["pricing"]})
    assert all(receipt.ok for receipt in await workbench.check(task))


async def test_a_market_report_that_cites_no_claim_has_verified_none(workbench: Workbench, site: Site) -> None:
    task = await workbench.task(role="sales", deliverable={"kind": "report", "name": "market"})
    await workbench.call(task, "fetch_page", url=site.article("/bread", PAGE))
    left = await workbench.call(task, "leave_trail", kind="log", text="I looked around")
    entry = left.text.removeprefix("trail entry ")
    await workbench.call(task, "write_report", name="market", title="T", body=f"It grew [{entry}].\n{BODY}")
    failed = [receipt for receipt in await workbench.check(task) if not receipt.ok]
    assert ["0 of 0 cited claims are verified" in receipt.text for receipt in failed] == [True]


async def test_without_a_way_out_a_model_is_told(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> None:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        async with workbench.outbox.transaction() as tx:
            await policies.write(tx, "research", {"addresses": "any"})
        task = await workbench.task(role="pm")
        for tool, given in (("web_search", {"query": "bread"}), ("fetch_page", {"url": "https://example.org"})):
            assert "looks nothing up" in (await workbench.call(task, tool, **given)).text
