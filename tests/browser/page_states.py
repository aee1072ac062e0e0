"""What a page may look like: routes, what is opened on them, and what a company would need days for, by a table.

Each row says where it is, what the office answers there in place of the truth, and what one does then.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Change, changed
from tests.fixtures.company import Mission

Acts = Callable[[Page], object]
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 4
NAME = f"Ann-Katherine {LONG}"[:200]
COMMAND = "echo '<img src=x onerror=alert(1)>' " + "x" * 10_000 + " END"
STREAM = "/api/events"  # the stream, which never ends
WIDE_TEXT = f"""# A report with what is wide

| {" | ".join(f"column {n}" for n in range(30))} |
|{"---|" * 30}
| {" | ".join("a value" for _ in range(30))} |

```
{"a line of code that does not end " * 20}
```

{LONG}

- [ ] a thing to do
- [x] one that is done

> Quoted: see https://example.com/{"path/" * 60}

![a picture](https://example.com/picture.png) and `{"code" * 60}`, as [e1] says and [e999] does not.
"""


@dataclass(frozen=True)
class State:
    """A page with what is answered to it (by a pattern of the address) and done on it."""

    name: str
    path: str
    acts: Acts | None = None
    answered: dict[str, Change] = field(default_factory=dict)
    stream: Callable[[Route], None] | None = None


def _click(name: str, role: Any = "button") -> Acts:
    return lambda page: page.get_by_role(role, name=name).first.click()


def _open(words: str) -> Acts:
    return lambda page: page.locator("summary", has_text=words).first.click()


def _press(*keys: str) -> Acts:
    def act(page: Page) -> None:
        expect(page.locator("[data-connection=live]")).to_be_visible()  # from now on it hears keys
        for key in keys:
            page.keyboard.press(key)

    return act


def _then(*acts: Acts) -> Acts:
    return lambda page: [act(page) for act in acts]


def _fill(label: str, text: str) -> Acts:
    return lambda page: page.get_by_label(label).first.fill(text)


def _sees(what: Callable[[Page], Locator]) -> Acts:
    return lambda page: expect(what(page)).to_be_visible()


def _with(**values: Any) -> Change:
    return lambda answer: {**answer, **values}


def _request(kind: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"desk_{kind}{len(text)}", "kind": kind, "mission_id": "mis_1", "task_id": "task_1", "role": "pm",
        "text": text, "amount_microusd": 0, "unit": "microusd", "status": "open", "mission_slug": "a-mission",
        "created_at": "2026-11-01T08:00:00Z", "task_title": f"Price {LONG}", "turn_id": None, "tool": None,
        "arguments": None, "danger": None, "scope": None, "spent": None, "limit": None, "needed": None,
        "memory_id": None, "blocks": True, "answer": None, "decided_at": None,
        **more,
    }  # fmt: skip


REQUESTS = {
    "question": _request("question", f"Which country first? {LONG}"),
    "permission": _request(
        "permission",
        "May pm use run_command?",
        tool="run_command",
        arguments={"command": COMMAND, "seconds": 60},
        danger="execute",
    ),
    "signature": _request(
        "permission", "Sign this plan and its ceiling?\nideas (pm): $0.10", amount_microusd=2_500_000
    ),
    "memory": _request("permission", f"May this be kept? {LONG}", tool="remember", memory_id="mem_1"),
    "budget": _request("budget", "The mission has reached its limit.", amount_microusd=4_000_000, scope="mission"),
    "calls": _request("budget", "The calls of today are used up.", amount_microusd=500, unit="calls", scope="day"),
    "decision": _request("decision", "Show it to ten teams this week, or stop here?", task_id=None, blocks=False),
}


def _desk(*names: str) -> dict[str, Change]:
    return {r"/api/desk\?limit=100$": lambda answer: {**answer, "items": [REQUESTS[name] for name in names]}}


def _many_missions(answer: Any) -> Any:
    statuses = ("succeeded", "failed", "cancelled", "running", "quoted", "planning", "synthesizing")
    first = answer["items"][0]
    made = [
        {**first, "id": f"mis_{n}", "slug": f"m-{n}", "status": statuses[n % 7], "directive_text": f"{n} {LONG}"}
        for n in range(100)
    ]
    return {**answer, "items": made}


def _many_tasks(detail: Any) -> Any:
    first = detail["tasks"][1]
    more = [{**first, "id": f"t{n}", "key": f"more-{n}", "title": LONG, "depends_on": []} for n in range(500)]
    return {**detail, "tasks": [*detail["tasks"], *more]}


def _away(answer: Any) -> Any:
    seen = {"online": False, "seen_at": "2026-11-01T08:00:00Z", "working_on": [LONG]}
    return {**answer, "items": [{**member, **seen, "name": NAME, "title": NAME} for member in answer["items"]]}


def _broken(answer: Any) -> Any:
    checks = {**answer["checks"], "redis": {"ok": False, "detail": f"refused at {LONG}; start it"}}
    return {**answer, "status": "degraded", "rehearsal": False, "model": LONG, "checks": checks}


PAGE_READ = {
    "id": "src_1", "ref": "e7", "mission_id": "mis_1", "task_id": "task_1", "url": f"https://example.com/{LONG}",
    "final_url": "https://example.com/", "title": NAME, "author": "", "date": "", "language": "en", "status": 200,
    "media_type": "text/html", "size": 1, "body_sha256": "0", "text_sha256": "0", "text": WIDE_TEXT,
    "created_at": "2026-11-01T08:00:00Z",
}  # fmt: skip
FAILED = _with(status="failed", summary=None, reason=f"no plan held: {LONG}")
MISSION = r"/api/missions/[^/?]+$"
MISSIONS = r"/api/missions\?limit=100$"
REPORT = r"/api/reports/[^/]+/[^/]+$"


def states(mission: Mission) -> list[State]:
    """Return the states of a company that has done this mission, which made code."""
    return [*_of_mission(mission), *_where_one_decides(), *_of_the_rest()]


def _of_mission(mission: Mission) -> list[State]:
    here, code = f"/missions/{mission['slug']}", f"/library/code/{mission['repositories'][0]['id']}"
    report, cited = f"/reports/{mission['slug']}/README", f"/reports/{mission['slug']}/ideas"
    card = _then(lambda page: page.locator("button[data-ref]").first.click(), _sees(_entry))
    return [
        State("code", code),
        State("code-file", f"{code}?path=README.md"),
        State("report", report),
        State("report-source", cited, card),
        State("report-wide", report, answered={REPORT: _with(body=WIDE_TEXT)}),
        State("source", "/sources/src_1", answered={r"/api/sources/": lambda _: PAGE_READ}),
        State("mission", here),
        State("mission-transcript", here, _open("write_report")),
        State("mission-begin", f"{here}?at=1"),
        State("mission-playback", here, _then(_click("Play from the log"), _sees(_pause))),
        State("mission-office", f"{here}?at=1", _show_office),
        State("mission-failed", here, answered={MISSION: FAILED}),
        State("mission-running", here, answered={MISSION: _with(status="running", finished_at=None, summary=None)}),
        State("mission-quoted", here, answered={MISSION: _with(status="quoted", finished_at=None, summary=None)}),
        State("mission-cancel", here, _click("Cancel this mission …"), {MISSION: _with(status="running")}),
        State("mission-500-tasks", here, answered={MISSION: _many_tasks}),
        State("mission-missing", "/missions/there-is-none", _sees(lambda page: page.get_by_role("alert"))),
    ]


def _where_one_decides() -> list[State]:
    return [
        State("missions-many", "/missions", answered={MISSIONS: _many_missions}),
        State("stage-office", "/stage", _show_office),
        State("stage-first-run", "/stage", None, FIRST_RUN, _nothing_happened),
        State("stage-lost", "/stage", _sees(_lost), stream=lambda route: route.abort()),
        State("stage-many", "/stage", answered={MISSIONS: _many_missions, r"/api/staff$": _away}),
        State("stage-code", "/stage", _then(_open("Work on code"), _fill("At most $", "4,50"))),
        State("stage-waits", "/stage", answered=_desk("question", "budget")),
        *(State(f"desk-{name}", "/desk", answered=_desk(name)) for name in REQUESTS),
        State("desk-many", "/desk", _press("j", "j"), _desk(*REQUESTS)),
        State("desk-approve", "/desk", _click("Approve …"), _desk("permission")),
        State("desk-sign", "/desk", _click("Sign …"), _desk("signature")),
        State("desk-deny", "/desk", _click("Deny …"), _desk("permission")),
        State("desk-no-amount", "/desk", _fill("The new limit $", "much"), _desk("budget")),
    ]


def _of_the_rest() -> list[State]:
    return [
        *(State(path.strip("/").replace("?", "-"), path) for path in ROUTES),
        State("memory-origin", "/memory", _open("Where it comes from")),
        State("memory-forget", "/memory", _click("Forget …")),
        State("money-limit", "/money", _then(_click("Change …"), _fill("limit $", "4,50"))),
        State("money-by-day", "/money", _click("by day", "radio")),
        State("team-tools", "/team", _open("tools")),
        State("team-away", "/team", answered={r"/api/staff$": _away}),
        State("rules-history", "/rules", _open("changed")),
        State("rules-refused", "/rules", _refused_rule),
        State("system-broken", "/system", answered={r"/api/health$": _broken}),
        State("search-none", "/search?q=xyzzyplugh"),
        State("palette", "/missions", _press("Control+k")),
        State("palette-none", "/missions", _then(_press("Control+k"), _typed("xyzzyplugh"))),
        State("keys", "/missions", _press("?")),
        State("no-such-page", "/stage/nowhere"),
        State("login", "/login"),
        State("login-wrong", "/login", _then(_fill("The code", "WRONG234"), _click("Log in"), _sees(_said))),
    ]


ROUTES = (
    "/stage", "/missions", "/desk", "/desk?show=decided", "/library", "/memory", "/money", "/team", "/rules", "/system",
    "/search", "/search?q=note",
)  # fmt: skip
FIRST_RUN: dict[str, Change] = {
    MISSIONS: _with(items=[]),
    r"/api/missions\?limit=50$": _with(items=[]),
    r"/api/log\?limit=500$": _with(items=[]),
}


def _nothing_happened(route: Route) -> None:
    """Tell of what comes from now on only."""
    route.continue_(url=route.request.url.replace("after=0", "after=999999999"))


def _entry(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^Entry e"))


def _show_office(page: Page) -> None:
    """What was chosen before is kept for all pages of a browser."""
    toggle = page.get_by_role("button", name=re.compile("^(Show the office|Only the table)$"))
    if toggle.get_attribute("aria-pressed") == "false":  # a picture that is still on its way is not there, either
        toggle.click()
    expect(page.locator("canvas")).to_be_visible()


def _pause(page: Page) -> Locator:
    return page.get_by_role("button", name="Pause")


def _lost(page: Page) -> Locator:
    return page.get_by_text("this was true then")


def _said(page: Page) -> Locator:
    return page.get_by_text("makes another")


def _typed(text: str) -> Acts:
    def act(page: Page) -> None:
        expect(page.get_by_role("combobox", name="Go to, or do")).to_be_focused()
        page.keyboard.type(text)

    return act


def _refused_rule(page: Page) -> None:
    rule = page.get_by_role("region", name="quote")
    rule.get_by_role("textbox").fill("-1")
    rule.get_by_role("button", name="Change").click()
    expect(rule.get_by_role("alert")).to_be_visible()


def brought_about(page: Page, state: State) -> None:
    """Bring a page into a state, and wait until all that it asked for is there."""
    asked: set[object] = set()
    page.on("request", lambda request: asked.add(request) if STREAM not in request.url else None)
    page.on("requestfinished", lambda request: asked.discard(request))
    page.on("requestfailed", lambda request: asked.discard(request))
    for address, change in state.answered.items():
        changed(page, address, change)
    if state.stream is not None:
        page.route(re.compile(STREAM), state.stream)
    page.goto(state.path)
    expect(page.locator("h1, h2, main p").first).to_be_attached()
    if state.acts is not None:
        state.acts(page)
    for _ in range(500):
        page.wait_for_timeout(20)
        if not asked and page.get_by_text(re.compile("^(Loading|Asking the office) …$")).count() == 0:
            return
    raise AssertionError(f"{state.name}: never complete; still asked: {asked}")
