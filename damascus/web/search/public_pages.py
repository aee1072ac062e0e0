"""The public pages of search engines, read by `ddgs`, which loads a library of 25 MB with the first search."""

from typing import Any

from damascus.web.port import SearchQuery

ENGINE_SECONDS = 8


def search_public_pages(query: SearchQuery) -> list[dict[str, Any]]:
    """Return hits as `ddgs` has them (title, href, body). Blocks; raises what that library raises."""
    from ddgs import DDGS  # noqa: PLC0415

    found = DDGS(timeout=ENGINE_SECONDS).text(query.text, max_results=query.limit, backend="auto")
    return list(found)
