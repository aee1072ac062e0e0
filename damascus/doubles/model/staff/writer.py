"""PM, Sales and whoever is hired: findings on the trail, a report that stands on them, the end."""

from collections.abc import Iterator

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.business import fill, load
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.texts import has_report, report

_INVENTED = "rehearsal model (invented)"
_FROM_BEFORE = 2


def write(desk: StaffView) -> Iterator[StaffStep]:
    """A report; its template is the one of its name, or a plain note."""
    template = desk.task.name if has_report(desk.task.name) else "note"
    yield StaffStep("First I note what I found.", findings(desk, template))
    yield StaffStep("Now I write it up.", (report_call(desk, template),))
    found = f" Main finding: {desk.own[0].text}" if desk.own else ""
    yield end(f"`{desk.task.name}` is written, about {desk.company.product} for {desk.company.audience}.{found}")


def note(desk: StaffView) -> Iterator[StaffStep]:
    """A note: nothing but its words."""
    company = desk.company
    yield end(f"{desk.task.title or 'Note'}: {company.product} {company.line['pitch']}.")


def reply(desk: StaffView) -> Iterator[StaffStep]:
    """A short answer to a question."""
    company = desk.company
    yield end(
        f"In short: stay with {company.product} for {company.audience}, at {company.tier['price']} USD a month. "
        "(The rehearsal model answers by script.)"
    )


def findings(desk: StaffView, template: str) -> tuple[ScriptedCall, ...]:
    """What goes on the trail before the report of that name."""
    known = load("findings.yaml")
    texts = fill(known.get(template) or known["note"], desk.company.facts())
    return tuple(
        ScriptedCall("leave_trail", {"kind": "finding", "text": f"(rehearsal) {text}", "source": _INVENTED})
        for text in texts
    )


def report_call(desk: StaffView, template: str) -> ScriptedCall:
    """The report, standing on this run's own findings and on some that were there before."""
    own = {entry.id for entry in desk.own}
    before = tuple(entry for entry in desk.task.trail if entry.kind == "finding" and entry.id not in own)
    cited = (*desk.own, *before[-_FROM_BEFORE:])
    title = desk.task.title or desk.task.name
    body = report(template, title, desk.task, desk.company, cited)
    sources = [entry.id for entry in cited]
    return ScriptedCall(
        "write_report", {"name": desk.task.name or "note", "title": title, "body": body, "sources": sources}
    )


def end(summary: str) -> StaffStep:
    """The last step of every run."""
    return StaffStep(summary, (ScriptedCall("finish", {"summary": summary}),))
