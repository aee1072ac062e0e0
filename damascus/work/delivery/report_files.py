"""Reports as files that people read: Markdown under a front matter that says who, for whom, at what cost, from what.

A report's file is written whole or not at all. Its text comes from a model: nothing here trusts it, and what a
report claims in its front matter counts only where the ledger says the same.
"""

import os
import re
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import frontmatter
import yaml

from damascus.core.errors import Invalid, NotFound, Unavailable
from damascus.core.records.artifacts import Citation
from damascus.core.settings import YAML_FAULTS
from damascus.work.delivery.inert_markdown import inert_markdown

REPORTS_FOLDER = "reports"
MAX_REPORT_BYTES = 1_000_000
MAX_YAML_COLUMNS = 4_000  # no field of the front matter goes over several lines
REHEARSAL_LINE = "> Rehearsal: written by the rehearsal model; nothing in it is real research."
NOTHING_LOOKED_UP = "> Nothing was looked up on the web: what no one told the company is the model's own knowledge."
SUPERSEDES, SUPERSEDED_BY = "> Supersedes `{}`.", "> Superseded: `{}` holds."
SOURCES_NOTE = "*Listed by the program, from the mission's trail.*"
PROGRAM_HEAD = "\n\n---\n\n*From here on written by the program, from the ledger.*\n\n"  # of a mission's summary
_SOURCES_HEAD = f"\n\n## Sources\n\n{SOURCES_NOTE}\n"
MAX_ADDRESS_CHARS = 80
_HEADING = re.compile(
    r"^([ >\-*+\d.]{0,12}#{1,6}[ \t]+)(\S.*)$|^( {0,3})(\S.{0,100})(?=\n {0,3}(?:=+|-+)[ \t]*$)", re.MULTILINE
)
_NO_LETTERS = re.compile(r"\(#[^)]{0,20}\)|[\W_]")
_REF = re.compile(r"e\d{1,15}", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_SUPERSEDING = re.compile(r"^> Supersede[sd]:? `[^`\n]{1,200}`(?: holds)?\.\n", re.MULTILINE)
_LINK = re.compile(r"(\[[^\[\]\n]{1,300}\])\(#e\d{1,15}\)")  # of a citation, to the list of sources


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it is written; `cost_usd` is what its task had cost until then.

    `looked_up`: whether its mission read any page of the web. `supersedes` is the version before, beside it.
    """

    title: str
    mission: str
    task: str
    author: str
    model: str
    cost_usd: float
    price_known: bool
    sources: tuple[Citation, ...]
    created_at: datetime
    rehearsal: bool
    body: str
    looked_up: bool = True
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report as its file has it: the front matter, and the text below it without the program's own lines."""

    front: dict[str, Any]
    body: str

    def refs(self) -> list[str]:
        """Return the trail entries that it cites, by its own front matter."""
        sources = self.front.get("sources")
        found = sources if isinstance(sources, list) else []
        # earlier versions had all that is known of a source here
        return [str(source.get("ref") if isinstance(source, dict) else source) for source in found]


def path_of(mission_slug: str, name: str) -> str:
    """Return a report's path relative to the shared folder. Raises Invalid if a name is not a plain one."""
    for part in (mission_slug, name):
        if not _NAME.fullmatch(part):
            raise Invalid(f"{part[:100]!r} is not a name: use letters, digits, dashes and underscores")
    return f"{REPORTS_FOLDER}/{mission_slug}/{name}.md"


# libyaml's, ten times as quick, where PyYAML was built with it
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def render(report: Report) -> str:
    """Return the file's text, which loads nothing when it is rendered."""
    title, body = inert_markdown(report.title), inert_markdown(report.body.strip())
    front = {
        "title": title, "mission": report.mission, "task": report.task, "author": report.author,
        "model": report.model, "cost_usd": round(report.cost_usd, 6),
        "created_at": report.created_at.isoformat(timespec="seconds"),
    }  # fmt: skip
    notices = []
    if not report.price_known:
        front["price_known"] = False
    if report.rehearsal:
        front["rehearsal"] = True
        notices.append(REHEARSAL_LINE)
    elif not report.looked_up:
        notices.append(NOTHING_LOOKED_UP)
    if report.supersedes:
        notices.append(SUPERSEDES.format(report.supersedes))
    body = _without_forged_sources(body)
    headline, _, rest = body.partition("\n") if body.startswith("# ") else (f"# {title}", "", body)
    head = yaml.dump(front, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=MAX_YAML_COLUMNS)
    head += f"sources: [{', '.join(source.ref for source in report.sources)}]\n"
    text = "\n\n".join(filter(None, [headline, *notices, rest.strip()]))
    return f"---\n{head}---\n\n{text}{sources_section(report.sources, inert_markdown)}\n"


def superseded(text: str, by: str) -> str:
    """Return a report's file as its old version: below its headline stands which one holds."""
    head, fence, body = text.partition("\n---\n\n")
    headline, _, rest = body.partition("\n")
    notice = SUPERSEDED_BY.format(by)
    return f"{head}{fence}{headline}\n\n{notice}\n{rest}" if fence else f"{notice}\n\n{text}"


def _without_forged_sources(body: str) -> str:
    """Return a model's words, none of which pass for the program's list, or for a heading that citations lead to."""

    def kept(heading: re.Match[str]) -> str:
        mark, words = heading[1] or heading[3] or "", heading[2] or heading[4]
        return f"{mark}Entry {words}" if _REF.fullmatch(_NO_LETTERS.sub("", words)) else heading[0]

    while SOURCES_NOTE in body:  # one may be put together by what is taken out of it
        body = body.replace(SOURCES_NOTE, "")
    return _HEADING.sub(kept, body)


def sources_section(cited: tuple[Citation, ...], shown: Callable[[str], str]) -> str:
    """Return the list at a report's end, whose headings are what its citations link to; empty if it cites nothing.

    `shown` makes of an agent's words what may stand there.
    """
    parts = [f"#### {source.ref}\n\n{_known(source)}: {shown(' '.join(source.text.split()))}" for source in cited]
    return _SOURCES_HEAD + "\n" + "\n\n".join(parts) if parts else ""


def _known(source: Citation) -> str:
    """Return what the program knows of a source: its mark, by whom, when, and the page with the time it was read."""
    page = f"{_link(source.url)} read {source.read_at}" if source.url else ""
    return ", ".join(filter(None, (source.mark or "no claim", f"by {source.by}", source.at, page)))


def _link(url: str) -> str:
    """Return an address as a link that leads there, whatever is in it."""
    safe = quote(url, safe="-._~:/?#@!$&+,;=%")
    return (
        f"[`{safe.partition('//')[2][:MAX_ADDRESS_CHARS]}`]({safe})" if safe.startswith(("http://", "https://")) else ""
    )


def write_draft(shared: Path, relative: str, text: str) -> Path:
    """Write the text durably to a draft beside the report's path. Returns the draft's path.

    Raises Unavailable if it cannot be written.
    """
    folder = (shared / relative).parent
    path = folder / f".draft-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        discard_draft(path)
        raise Unavailable(f"the report could not be written in {folder}: {error.strerror}") from error
    return path


def move_into_place(path: Path, shared: Path, relative: str) -> None:
    """Rename a draft to the report's path, in one step. Raises Unavailable if that fails."""
    try:
        path.replace(shared / relative)
    except OSError as error:
        raise Unavailable(f"the report could not be moved to {shared / relative}: {error.strerror}") from error


def discard_draft(path: Path) -> None:
    """Remove a draft, if it is still there."""
    with suppress(OSError):
        path.unlink()


def whole_text(shared: Path, relative: str) -> str:
    """Return a report's file as it is. Raises NotFound if there is none, Invalid if it cannot be read whole."""
    path = shared / relative
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Invalid(f"{relative} is not a regular file")
        with os.fdopen(handle, "rb") as file:
            text = file.read(MAX_REPORT_BYTES + 1).decode()
    except FileNotFoundError:
        raise NotFound(f"there is no file {relative}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{relative} cannot be read: {error}") from error
    if len(text) > MAX_REPORT_BYTES:
        raise Invalid(f"{relative} is larger than {MAX_REPORT_BYTES} bytes")
    return text


def load(shared: Path, relative: str) -> ReportFile:
    """Read a report's file. Raises NotFound if there is none, Invalid if it is not a report."""
    text = whole_text(shared, relative)
    try:
        front, body = frontmatter.parse(text)
    except YAML_FAULTS as error:
        raise Invalid(f"the front matter of {relative} cannot be read") from error
    return ReportFile(dict(front), _own_words(body, front.get("title")))


def _own_words(body: str, title: Any) -> str:
    body = f"{body.strip()}\n"
    body = body.rpartition(_SOURCES_HEAD)[0] if _SOURCES_HEAD in body else body
    for notice in (REHEARSAL_LINE, NOTHING_LOOKED_UP):
        body = body.replace(f"{notice}\n", "", 1)
    body = _SUPERSEDING.sub("", body, count=2)
    return body.strip().removeprefix(f"# {title}\n").strip()


def by_author(text: str, *, is_summary: bool) -> str:
    """Return what the author wrote of a report's file: under its headline, without what the program put there.

    The program's parts are the last ones of their kind: a heading that a model forged stays with the model's words.
    """
    try:
        _, body = frontmatter.parse(text)
    except YAML_FAULTS:
        return text
    body = f"{body.strip()}\n"
    for head in (_SOURCES_HEAD, PROGRAM_HEAD) if is_summary else (_SOURCES_HEAD,):
        body = body.rpartition(head)[0] if head in body else body
    for notice in (REHEARSAL_LINE, NOTHING_LOOKED_UP):
        body = body.replace(f"\n\n{notice}\n", "\n", 1)
    return body.strip()


def as_read(text: str) -> str:
    """Return a report's file as a model reads it: what it cites is in its text, who wrote it and its cost are not."""
    try:
        front, body = frontmatter.parse(text)
    except YAML_FAULTS:
        return text
    body = body.rpartition(_SOURCES_HEAD)[0] if _SOURCES_HEAD in body else body
    return f"{_unlinked(body).strip()}\n" if front else text


def _unlinked(body: str) -> str:
    return _LINK.sub(r"\1", body)
