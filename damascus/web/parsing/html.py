"""The main text of an HTML page, and its links."""

import re
from urllib.parse import urljoin

import trafilatura
from lxml import etree, html
from trafilatura.settings import use_config

from damascus.web.parsing.protocol import ParsedLink, ParsedPage, ParseFailure

MAX_ELEMENTS = 60_000  # more took 13 s and 600 MB
MAX_LINKS = 200
MAX_LINK_CHARS = 200
MIN_ARTICLE_CHARS = 1_500  # a page behind a paywall shows less of its text
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])", re.I
)
_NOT_FREE = re.compile(r'"isAccessibleForFree"\s*:\s*"?false', re.IGNORECASE)


def parse_html(text: str, url: str) -> ParsedPage | ParseFailure:
    """Return the page's text as Markdown. `url` is where it was found, for its links."""
    tree = _tree(text)
    if tree is None:
        return ParseFailure(kind="no_text", message="the page is not HTML that can be read; try another page")
    config = use_config()
    config.set("DEFAULT", "MAX_TREE_SIZE", str(MAX_ELEMENTS))
    links = _links(tree, url)  # before the extraction, which takes the tree apart
    language = (tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip()[:20]
    _take_out_hidden(tree)
    about = trafilatura.extract_metadata(tree, default_url=url)
    text_found = trafilatura.extract(
        tree, url=url, output_format="markdown", include_tables=True, include_links=False, config=config
    )
    body = (text_found or "").strip()
    if _NOT_FREE.search(text) and len(body) < MIN_ARTICLE_CHARS:
        return ParseFailure(kind="paywall", message="the page is behind a paywall; use a source that is free to read")
    if not body:
        return ParseFailure(
            kind="no_text", message="the page has no text without running its scripts; try another page on the subject"
        )
    return ParsedPage(
        text=body, title=_line(about.title), author=_line(about.author), date=_line(about.date),
        language=_line(about.language) or language, links=links,
    )  # fmt: skip


def _take_out_hidden(tree: html.HtmlElement) -> None:
    """Remove what no reader of the page sees; orders to models are put there."""
    hidden = [
        element
        for element in tree.iter()
        if isinstance(element.tag, str)
        and element.getparent() is not None
        and (element.tag == "template" or "hidden" in element.attrib or _HIDDEN.search(element.get("style", "")))
    ]
    for element in hidden:
        element.drop_tree()


def _tree(text: str) -> html.HtmlElement | None:
    try:
        # as bytes, since lxml refuses text that declares an encoding of its own; nothing is loaded from elsewhere
        parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        tree = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    return tree if isinstance(tree, html.HtmlElement) else None


def _links(tree: html.HtmlElement, url: str) -> list[ParsedLink]:
    found: dict[str, ParsedLink] = {}
    for anchor in tree.iter("a"):
        target = (anchor.get("href") or "").strip()
        try:
            absolute = urljoin(url, target).partition("#")[0]
        except ValueError:
            continue
        words = _line(anchor.text_content())[:MAX_LINK_CHARS]
        if words and absolute.startswith(("http://", "https://")) and absolute != url:
            found.setdefault(absolute, ParsedLink(text=words, url=absolute[:2_000]))
        if len(found) >= MAX_LINKS:
            break
    return list(found.values())


def _line(text: str | None) -> str:
    return " ".join((text or "").split())[:500]
