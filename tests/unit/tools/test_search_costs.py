"""What a paid search costs is reserved before it is made and counted after it, like a model's call; limits stop it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from damascus.bus.streams import Bus
from damascus.core.settings import SearchSettings, Settings, WebSettings
from damascus.ledger.engine import Ledger
from damascus.tools.web.web_search import WebSearchArguments, WebSearchTool
from damascus.web.port import WebError
from damascus.work.budget.limits import LimitReached, ensure_company_limit, mission_scope
from tests.fixtures.site import Answer, DirectWeb, Site
from tests.fixtures.workbench import Workbench, open_workbench

TAVILY, BRAVE = 8_000, 5_000  # micro-USD
HITS = [{"title": "Bread", "url": "https://example.org/bread", "description": "It grew.", "content": "It grew."}]


def found(**parts: Any) -> Answer:
    return Answer(json.dumps(parts).encode(), headers={"Content-Type": "application/json"})


def search_settings(site: Site, **more: Any) -> SearchSettings:
    addresses = {"tavily": f"{site.url}/tavily", "brave": f"{site.url}/brave"}
    return SearchSettings(**({"tavily_key": "k", "brave_key": "k", "addresses": addresses} | more))


@pytest.fixture
async def web(site: Site) -> AsyncIterator[DirectWeb]:
    made = DirectWeb(site.settings(search=search_settings(site)))
    yield made
    await made.close()


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus, web: DirectWeb) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus, web=web) as workbench:
        async with workbench.outbox.transaction() as tx:
            await ensure_company_limit(tx, workbench.services.settings)
        yield workbench


@pytest.fixture
def tool(workbench: Workbench, site: Site) -> WebSearchTool:
    settings = Settings(web=WebSettings(search=search_settings(site)))
    return WebSearchTool(replace(workbench.services, settings=settings))


async def run(tool: WebSearchTool, workbench: Workbench) -> str:
    task = await workbench.task(role="pm")
    context = await workbench.context(task, "web_search", {"query": "bread"})
    await context.lease.ensure()
    return (await tool.run(context, WebSearchArguments(query="bread", limit=5, language=""))).text


async def books(workbench: Workbench) -> tuple[list[tuple[str, int, bool]], int]:
    """What was used (model, cost, answered), and what is still reserved for the mission."""
    async with workbench.outbox.reading() as tx:
        used = await tx.usage._select({"mission_id": workbench.mission.id}, "id")
        budget = await tx.budgets.find(mission_scope(workbench.mission.id))
    assert budget is not None
    assert budget.spent == sum(row.cost for row in used)
    return [(row.model, row.cost, row.answered) for row in used], budget.reserved


async def test_the_provider_that_answered_is_paid(tool: WebSearchTool, workbench: Workbench, site: Site) -> None:
    site.answers["/tavily/search"] = found(results=HITS)
    assert "tavily found" in await run(tool, workbench)
    assert await books(workbench) == ([("search: tavily", TAVILY, True)], 0)


async def test_one_that_refused_is_not_paid_and_the_next_is(
    tool: WebSearchTool, workbench: Workbench, site: Site
) -> None:
    site.answers["/tavily/search"] = Answer(b"no", 429)
    site.answers["/brave/res/v1/web/search"] = found(web={"results": HITS})
    assert "tavily: was asked too often" in await run(tool, workbench)
    assert await books(workbench) == ([("search: brave", BRAVE, True)], 0)


async def test_one_whose_answer_was_lost_may_have_taken_its_price(
    tool: WebSearchTool, workbench: Workbench, site: Site
) -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    site.answers["/brave/res/v1/web/search"] = found(web={"results": HITS})
    for lost in (Answer(b"<html>"), Answer(play=hang_up), Answer(b"a" * 5_000_000)):
        site.answers["/tavily/search"] = lost
        assert "brave found" in await run(tool, workbench)
    assert await books(workbench) == ([("search: tavily, brave", TAVILY + BRAVE, True)] * 3, 0)


async def test_if_nobody_took_anything_nothing_is_paid(tool: WebSearchTool, workbench: Workbench, site: Site) -> None:
    site.answers |= {"/tavily/search": Answer(b"", 401), "/brave/res/v1/web/search": Answer(b"", 402)}
    with pytest.raises(WebError, match="no search provider answered"):
        await run(tool, workbench)
    assert await books(workbench) == ([], 0)
    site.answers["/tavily/search"] = Answer(b"{}")
    with pytest.raises(WebError):
        await run(tool, workbench)
    assert await books(workbench) == ([("search: tavily", TAVILY, True)], 0)


async def test_a_limit_stops_a_search_before_it_is_made(tool: WebSearchTool, workbench: Workbench, site: Site) -> None:
    async with workbench.outbox.transaction() as tx:
        await tx.budgets._update({"scope": mission_scope(workbench.mission.id)}, limit=TAVILY + BRAVE - 1)
    with pytest.raises(LimitReached):
        await run(tool, workbench)
    assert site.asked == []
    assert await books(workbench) == ([], 0)


async def test_a_search_that_is_broken_off_counts_at_its_worst(
    tool: WebSearchTool, workbench: Workbench, site: Site
) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def never(handler: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(asked.set)
        handler.rfile.read(1)  # until the reader hangs up

    site.answers["/tavily/search"] = Answer(play=never)
    running = asyncio.create_task(run(tool, workbench))
    await asyncio.wait_for(asked.wait(), 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await books(workbench) == ([("search: tavily, brave", TAVILY + BRAVE, False)], 0)


def test_a_provider_whose_price_is_not_set_has_its_usual_one(site: Site) -> None:
    assert search_settings(site, prices={"tavily": 0.01}).prices_of_configured() == {"tavily": 0.01, "brave": 0.005}
