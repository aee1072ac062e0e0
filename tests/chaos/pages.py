"""What must hold of the pages that a mission read, after any mishap: each is kept once, and was not read again then."""

from datetime import UTC, datetime
from typing import Any

from damascus.doubles.search.pages import FACTS
from tests.chaos.audit import Row, look_up
from tests.fixtures.search import SmallWeb

READ = [path for path in FACTS if path != "/gone"]  # that one could not be read a second time after a kill


def reading_of(url: str) -> list[dict[str, Any]]:
    """Steps of the script: a search, every page, and every page again, with a finding for each."""
    reads = [("fetch_page", {"url": f"{url}{path}"}) for path in READ]
    findings = [
        ("leave_trail", {"kind": "finding", "text": f"About {path}.", "source": f"{url}{path}", "passage": FACTS[path]})
        for path in READ
    ]
    return [_does(("web_search", {"query": "bread", "limit": 10}), *reads), _does(*reads, *findings)]


def of_pages(url: str, web: SmallWeb, mission: str, since: float) -> list[str]:
    """What is wrong with the pages of a mission that was given at `since`."""
    pages = look_up(url, "select id, url, text, created_at from sources where mission_id = $1", mission)
    entries = look_up(url, "select seq from events where kind = 'source' and mission_id = $1", mission)
    left = look_up(url, "select payload from events where kind = 'finding' and mission_id = $1", mission)
    verified = {row["payload"].get("passage") for row in left if row["payload"].get("mark") == "verified"}
    kept = {str(page["url"]).removeprefix(web.url): page for page in pages}
    again = [path for path, at in web.times() if at > since and path in kept and at > _moment(kept[path])]
    checks = {
        f"kept are {sorted(kept)}": sorted(kept) == sorted(READ),
        f"{len(pages)} pages have {len(entries)} entries": len(pages) == len(entries),
        f"no finding is verified of {[path for path in READ if FACTS[path] not in verified]}": {
            FACTS[path] for path in READ
        }
        <= verified,
        f"read again though it was kept: {again}": not again,
    }
    return [problem for problem, holds in checks.items() if not holds]


def _moment(page: Row) -> float:
    return datetime.fromisoformat(str(page["created_at"])).replace(tzinfo=UTC).timestamp()


def _does(*calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    made = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return {"match": {"role": "pm", "kind": "work"}, "answer": {"tool_calls": made}}
