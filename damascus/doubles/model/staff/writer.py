"""PM, Sales and staff that is hired later: findings on the trail, a report based on them, the end."""

from collections.abc import Iterator

from damascus.doubles.model.scripted_answer import ScriptedCall
from damascus.doubles.model.staff.business import fill, load
from damascus.doubles.model.staff.steps import StaffStep, StaffView
from damascus.doubles.model.staff.texts import has_report, report

_INVENTED = "rehearsal model (invented)"
MAX_EARLIER_FINDINGS = 2


def write(view: StaffView) -> Iterator[StaffStep]:
    """Write a report, from the template of its name or else the plain note."""
    template = view.task.name if has_report(view.task.name) else "note"
    yield StaffStep("First I note what I found.", findings(view, template))
    yield StaffStep("Now I write it up.", (report_call(view, template),))
    found = f" Main finding: {view.own_entries[0].text}" if view.own_entries else ""
    about = f"{view.business.product} for {view.business.audience}"
    yield end(view, f"`{view.task.name}` is written, about {about}.{found}")


def note(view: StaffView) -> Iterator[StaffStep]:
    """Leave a note: only a summary."""
    business = view.business
    yield end(view, f"{view.task.title or 'Note'}: {business.product} {business.line['pitch']}.")


def reply(view: StaffView) -> Iterator[StaffStep]:
    """Answer a question in one sentence."""
    business, price = view.business, view.business.price_tier["price"]
    yield end(
        view,
        f"In short: stay with {business.product} for {business.audience}, at {price} USD a month. "
        "(The rehearsal model answers by script.)",
    )


def findings(view: StaffView, template: str) -> tuple[ScriptedCall, ...]:
    """Return the trail entries that come before the report of that template."""
    known = load("findings.yaml")
    texts = fill(known.get(template) or known["note"], view.business.facts())
    return tuple(
        ScriptedCall("leave_trail", {"kind": "finding", "text": f"(rehearsal) {text}", "source": _INVENTED})
        for text in texts
    )


def report_call(view: StaffView, template: str) -> ScriptedCall:
    """Return the report, based on this run's own findings and on some earlier ones."""
    own = {entry.id for entry in view.own_entries}
    before = tuple(entry for entry in view.task.trail if entry.kind == "finding" and entry.id not in own)
    cited = (*view.own_entries, *before[-MAX_EARLIER_FINDINGS:])
    title = view.task.title or view.task.name
    body = report(template, title, view.task, view.business, cited)
    sources = [entry.id for entry in cited]
    return ScriptedCall(
        "write_report", {"name": view.task.name or "note", "title": title, "body": body, "sources": sources}
    )


def end(view: StaffView, summary: str, verdict: str = "go") -> StaffStep:
    """Return the last step of every run; `verdict` is for a task with a gate."""
    given = {"verdict": verdict} if view.task.gate else {}
    return StaffStep(summary, (ScriptedCall("finish", {"summary": summary, **given}),))
