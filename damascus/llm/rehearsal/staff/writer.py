"""PM, Sales and whoever is hired: findings on the trail, a report that stands on them, the end."""

from collections.abc import Iterator

from damascus.llm.rehearsal.answers import Call
from damascus.llm.rehearsal.staff.company import fill, load
from damascus.llm.rehearsal.staff.steps import Desk, Step
from damascus.llm.rehearsal.staff.texts import has_report, report

_INVENTED = "rehearsal model (invented)"
_FROM_BEFORE = 2


def write(desk: Desk) -> Iterator[Step]:
    """A report; its template is the one of its name, or a plain note."""
    template = desk.task.name if has_report(desk.task.name) else "note"
    yield Step("First I note what I found.", findings(desk, template))
    yield Step("Now I write it up.", (report_call(desk, template),))
    found = f" Main finding: {desk.own[0].text}" if desk.own else ""
    yield end(f"`{desk.task.name}` is written, about {desk.company.product} for {desk.company.audience}.{found}")


def note(desk: Desk) -> Iterator[Step]:
    """A note: nothing but its words."""
    company = desk.company
    yield end(f"{desk.task.title or 'Note'}: {company.product} {company.line['pitch']}.")


def reply(desk: Desk) -> Iterator[Step]:
    """A short answer to a question."""
    company = desk.company
    yield end(
        f"In short: stay with {company.product} for {company.audience}, at {company.tier['price']} USD a month. "
        "(The rehearsal model answers by script.)"
    )


def findings(desk: Desk, template: str) -> tuple[Call, ...]:
    """What goes on the trail before the report of that name."""
    known = load("findings.yaml")
    texts = fill(known.get(template) or known["note"], desk.company.facts())
    return tuple(
        Call("leave_trail", {"kind": "finding", "text": f"(rehearsal) {text}", "source": _INVENTED}) for text in texts
    )


def report_call(desk: Desk, template: str) -> Call:
    """The report, standing on this run's own findings and on some that were there before."""
    own = {entry.id for entry in desk.own}
    before = tuple(entry for entry in desk.task.trail if entry.kind == "finding" and entry.id not in own)
    cited = (*desk.own, *before[-_FROM_BEFORE:])
    title = desk.task.title or desk.task.name
    body = report(template, title, desk.task, desk.company, cited)
    sources = [entry.id for entry in cited]
    return Call("write_report", {"name": desk.task.name or "note", "title": title, "body": body, "sources": sources})


def end(summary: str) -> Step:
    """The last step of every run."""
    return Step(summary, (Call("finish", {"summary": summary}),))
