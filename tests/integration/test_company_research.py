"""A mission that looks things up: on a search engine and a site of forty pages, over real HTTP, by a whole company."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from damascus.doubles.search.pages import FACTS, HUGE, NOWHERE, ORDER, all_pages
from damascus.knowledge.sources.passages import contains
from tests.fixtures.company import running, wait_for
from tests.fixtures.model import rehearsal
from tests.fixtures.search import SmallWeb
from tests.security.injected_orders import does

pytestmark = pytest.mark.long


def script(url: str) -> list[dict[str, Any]]:
    """One search, every page, a finding for each fact and an invented one; the staff writes the report of them."""
    reads = [("fetch_page", {"url": f"{url}{path}"}) for path in [*FACTS, HUGE, NOWHERE]]
    invented = {"kind": "finding", "text": "x", "source": f"{url}/lies", "passage": "Bread costs a fortune here."}
    findings = [
        {"kind": "finding", "text": f"About {path}.", "source": f"{url}{path}", "passage": fact}
        for path, fact in FACTS.items()
    ]
    return [
        does("pm", ("web_search", {"query": "bread market", "limit": 10}), *reads),
        does("pm", *reads, *[("leave_trail", finding) for finding in [*findings, invented]]),
    ]


def test_every_citation_of_a_report_leads_to_a_passage_that_is_kept(tmp_path: Path, small_web: SmallWeb) -> None:
    env = {"WEB_PRIVATE_HOSTS": small_web.host, "SEARXNG_URL": small_web.url}
    with rehearsal(tmp_path) as model, running(tmp_path / "root", model, env) as company:
        wait_for(lambda: (company.root / ".damascus/web.sock").exists(), "the web service")
        company.json("policy", "research.verified_share", "0")  # the staff's own market report looks nothing up
        model.play(*script(small_web.url))
        mission = company.ended(company.give("How does the market for bread do?", playbook="report"), seconds=200)
        assert mission["status"] == "succeeded", mission["reason"]
        pages = {page["ref"]: page for page in company.get("/api/sources", mission=mission["id"])["items"]}
        text = {ref: company.get(f"/api/sources/{ref}")["text"] for ref in pages}
        payloads = company.rows("select entry, payload from events where kind = 'finding'")
        owner = company.rows("select task_id from sources limit 1")[0]["task_id"]
        name = next(report["name"] for report in mission["reports"] if report["task_id"] == owner)
        report = company.ceo("read", f"{mission['slug']}/{name}").stdout
        shown = company.ceo("source", min(pages)).stdout
    findings = {f"e{row['entry']}": json.loads(row["payload"]) for row in payloads}
    assert {page["url"].removeprefix(small_web.url) for page in pages.values()} == set(FACTS)
    assert {small_web.asked()[path] for path in FACTS} == {1}, "a page that is kept was read again"
    assert httpx.get(f"{small_web.url}/gone").status_code == 410
    looked_up = [finding for finding in findings.values() if finding["mark"] == "verified"]
    assert {finding["passage"] for finding in looked_up} == set(FACTS.values())
    for finding in looked_up:
        assert contains(text[finding["source"]], finding["passage"])
    assert report.count("\n\nverified, by ") == len(FACTS)
    assert min(pages) in shown
    assert ORDER not in report


def test_the_stand_in_has_forty_pages_and_speaks_as_searxng_does(small_web: SmallWeb) -> None:
    assert len(all_pages()) == 40
    found = httpx.get(f"{small_web.url}/search", params={"q": "bread", "format": "json"}).json()
    assert [one["url"].removeprefix(small_web.url) for one in found["results"]] == [*FACTS, HUGE, NOWHERE]
    assert found["query"] == "bread"
    assert httpx.get(f"{small_web.url}/search", params={"q": "bread", "format": "csv"}).status_code == 403
    assert httpx.get(f"{small_web.url}/search", params={"format": "json"}).status_code == 400
