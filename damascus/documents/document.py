"""A report's Markdown as it is shown to somebody: parsed by a list of what may be in it, and without what loads.

No HTML, no image; a link leads to a place in the document, to http(s) or to an address of mail, or is plain text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from damascus.documents.chart import charts_of
from damascus.documents.front_matter import split

CHART = "chart"
CITATION = re.compile(r"#e\d{1,15}")
_OUTSIDE = re.compile(r"(?:https?://|mailto:)[^\s]+", re.IGNORECASE)
_SOURCE = re.compile(r"e\d{1,15}")


@dataclass(frozen=True, slots=True)
class Document:
    """A report: its headline, a line about it, and what is below as tokens; `anchors` are the places links lead to."""

    title: str
    about: str
    author: str
    tokens: list[Token]
    anchors: frozenset[str]


def read(text: str, name: str) -> Document:
    """Return a report's file as a document; `name` is its headline if it has none."""
    front, body = split(text)
    tokens = parser().parse(body)
    title = str(front.get("title") or name)
    if len(tokens) > 2 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        title = plain_text(tokens[1])
        tokens = tokens[3:]
    anchors = frozenset(_number_headings(tokens))
    for token in tokens:
        token.children = _inert(token.children, anchors) if token.children else token.children
    return Document(
        title, _about(front), str(front.get("author") or ""), list(_with_charts(tokens)), anchors
    )  # fmt: skip


def plain_text(inline: Token) -> str:
    """Return the words of an inline token without their marks."""
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in inline.children or ()
    ).strip()


def is_source(token: Token) -> bool:
    """Return True if a heading names an entry in the list of sources."""
    return bool(_SOURCE.fullmatch(str(token.attrs.get("id") or "")))


def parser(renderer: type[RendererHTML] = RendererHTML) -> MarkdownIt:
    """Return a parser that knows of Markdown what a document may have: neither HTML nor images."""
    known = MarkdownIt("commonmark", {"html": False}, renderer_cls=renderer)
    return known.enable(["table", "strikethrough"]).disable(["image"])


def _about(front: dict[str, Any]) -> str:
    at = front.get("created_at")
    try:
        when = datetime.fromisoformat(str(at)) if at else None
    except ValueError:
        when = None
    day = f"{when.day} {when:%B %Y, %H:%M} {when.tzname() or ''}".strip() if when else ""
    mission = f"mission {front['mission']}" if front.get("mission") else ""
    return " · ".join(" ".join(str(part).split()) for part in (front.get("author"), day, mission) if part)


def _number_headings(tokens: list[Token]) -> Iterator[str]:
    """Give each heading the name that links lead to, as forges do, and yield it; of two with one name the last has it.

    The list of sources is last: no heading of a model's takes a citation's place.
    """
    taken: set[str] = set()
    for at in range(len(tokens) - 1, -1, -1):
        if tokens[at].type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", plain_text(tokens[at + 1]).lower()).replace(" ", "-")
            id, n = words or "section", 0
            while id in taken:
                n += 1
                id = f"{words or 'section'}-{n}"
            taken.add(id)
            tokens[at].attrSet("id", id)
            yield id


def _inert(children: list[Token], anchors: frozenset[str]) -> list[Token]:
    """Return the parts of a line without the links that lead nowhere or into a file."""
    kept: list[Token] = []
    open_links: list[bool] = []
    for child in children:
        if child.type == "link_open":
            href = str(child.attrs.get("href") or "")
            good = href[1:] in anchors if href.startswith("#") else bool(_OUTSIDE.fullmatch(href))
            open_links.append(good)
            child.attrs = {"href": href}
            if not good:
                continue
            child.attrs |= {"class": "cite"} if CITATION.fullmatch(href) else {}
            child.attrs |= {} if href.startswith("#") else {"rel": "noopener noreferrer"}
        elif child.type == "link_close" and not open_links.pop():
            continue
        kept.append(child)
    return kept


def _with_charts(tokens: list[Token]) -> Iterator[Token]:
    """Yield the tokens, with the charts of each table behind it."""
    rows: list[list[str]] = []
    for token in tokens:
        yield token
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append("")
        elif token.type == "inline" and token.children and rows:
            rows[-1][-1] = plain_text(token)
        elif token.type == "table_close":
            for chart in charts_of(rows[0], rows[1:]):
                yield Token(CHART, "", 0, meta={CHART: chart})
            rows = []
