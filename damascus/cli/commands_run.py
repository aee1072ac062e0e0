"""`ceo run`, `send`, `watch`, `cancel`: directives and missions under way."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from damascus.cli import company, words
from damascus.cli.context import Json, newest_mission, settings_of
from damascus.cli.exits import DONE, INTERRUPTED, MISSION_FAILED, TimedOut
from damascus.cli.live import Watcher
from damascus.cli.office import Office, find_office
from damascus.core.clock import SystemClock
from damascus.core.errors import Invalid
from damascus.core.settings import Settings

Budget = Annotated[float | None, typer.Option(help="The mission's limit in US dollars.")]
Timeout = Annotated[float | None, typer.Option(help="Seconds to wait; the mission goes on after it.")]
PlaybookName = Annotated[str | None, typer.Option("--playbook", help="How to go about it; see playbooks/.")]
DirectiveText = Annotated[str, typer.Argument(metavar="DIRECTIVE")]
ACCEPT_SECONDS = 60


def run(
    directive: DirectiveText, budget: Budget = None, timeout: Timeout = None, playbook: PlaybookName = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Give a directive, show it live, print the result. Starts the company if it is not running."""
    settings = settings_of()
    clock = SystemClock()
    began = clock.monotonic()
    body = _body(directive, budget, playbook)
    company.check_ground(settings, playbook)
    started = company.start(settings)
    if not json:
        _announce(settings, started)
    office = find_office(settings)
    given = office.post("/api/directives", body, **{"Idempotency-Key": uuid.uuid4().hex})
    mission = _wait_for_mission(office, given["id"], ACCEPT_SECONDS)
    left = None if timeout is None else max(0.0, timeout - (clock.monotonic() - began))
    raise typer.Exit(_follow(settings, office, mission, left, json))


def send(directive: DirectiveText, budget: Budget = None, playbook: PlaybookName = None, json: Json = False) -> None:
    """Give a directive and return at once."""
    office = find_office(settings_of())
    if playbook:
        company.check_playbook(playbook)
    given = office.post("/api/directives", _body(directive, budget, playbook), **{"Idempotency-Key": uuid.uuid4().hex})
    if json:
        words.as_json(given)
    else:
        words.screen.print(f"given: {given['id']}; `ceo watch` shows what becomes of it")


def watch(mission: Annotated[str | None, typer.Argument()] = None, timeout: Timeout = None, json: Json = False) -> None:
    """Show a mission live until it ends (default: the newest)."""
    settings = settings_of()
    office = find_office(settings)
    raise typer.Exit(_follow(settings, office, newest_mission(office, mission), timeout, json))


def cancel(mission: str, json: Json = False) -> None:
    """Stop a mission; its agents stop before their next step."""
    office = find_office(settings_of())
    state = office.post(f"/api/missions/{newest_mission(office, mission)}/cancel")
    if json:
        words.as_json(result_of(state))
    else:
        words.screen.print(f"{state['slug']} is {state['status']}; {words.dollars(state['spent_microusd'])} was spent")


def result_of(state: dict[str, Any]) -> dict[str, Any]:
    """A mission's result as `--json` shows it."""
    readme = next((r["absolute"] for r in state["reports"] if r["name"] == "README"), None)
    return {
        "mission_id": state["id"],
        "slug": state["slug"],
        "status": state["status"],
        "reason": state["reason"],
        "readme": readme,
        "reports": [report["absolute"] for report in state["reports"]],
        "repositories": [repository["url"] for repository in state["repositories"]],
        "cost_usd": state["spent_microusd"] / 1_000_000,
        "seconds": round(state["seconds"], 3),
        "rehearsal": state["rehearsal"],
        "receipts": state["receipts"],
    }


def _body(directive: str, budget: float | None, playbook: str | None) -> dict[str, Any]:
    if not directive.strip():
        raise Invalid('the directive is empty: say what you want, such as ceo run "Find a small SaaS for freelancers"')
    if budget is not None and not 0 < budget < 1_000_000:
        raise Invalid(f"--budget {budget:g}: give a positive amount of US dollars, such as 2.00")
    body: dict[str, Any] = {"text": directive}
    if budget is not None:
        body["budget_microusd"] = max(1, round(budget * 1_000_000))
    if playbook is not None:
        body["playbook"] = playbook
    return body


def _announce(settings: Settings, started: bool) -> None:
    words.screen.print("the company is at work" + (" (started just now; `ceo down` stops it)" if started else ""))
    if settings.model.rehearsal:
        words.screen.print(f"[yellow]{words.REHEARSAL}[/]")
    else:
        words.screen.print(
            f"model: {words.plain(settings.model.tiers.standard)} at {words.plain(settings.model.base_url)}"
        )


def _wait_for_mission(office: Office, directive: str, seconds: float) -> str:
    clock = SystemClock()
    until = clock.monotonic() + seconds
    while True:
        given = office.get(f"/api/directives/{directive}")
        if given["mission_id"]:
            return str(given["mission_id"])
        if given["proposal"]["status"] == "rejected":
            raise Invalid(f"the directive was rejected: {given['proposal']['reason']}")
        if clock.monotonic() > until:
            raise TimedOut(f"the VP has not taken the directive up within {seconds:.0f} s; `ceo status` shows why")
        words.pause(0.05)


def _follow(settings: Settings, office: Office, mission: str, timeout: float | None, json: bool) -> int:
    try:
        state = Watcher(office, mission, timeout, None if json else words.screen).follow()
    except KeyboardInterrupt:
        words.asides.print(f"\nthe mission goes on: `ceo watch {mission}` shows it, `ceo cancel {mission}` stops it")
        return INTERRUPTED
    if json:
        words.as_json(result_of(state))
    else:
        _print_result(state, settings)
    return DONE if state["status"] == "succeeded" else MISSION_FAILED


def _print_result(state: dict[str, Any], settings: Settings) -> None:
    out, result = words.screen.print, result_of(state)
    out(
        f"\n[bold]{words.status(state['status'])}[/]" + (f": {words.plain(state['reason'])}" if state["reason"] else "")
    )
    if state["summary"]:
        out(words.plain(state["summary"], 600))
    if result["readme"]:
        out(f"\nread first    {result['readme']}")
    for report in state["reports"]:
        if report["name"] != "README":
            out(f"report        {Path(report['absolute'])}")
    for repository in state["repositories"]:
        head = (repository["head"] or "")[:10]
        out(f"repository    {words.plain(repository['url'])}  (git clone it; head {head})")
    held = sum(receipt["ok"] for receipt in state["receipts"])
    out(f"receipts      {held} checks held")
    out(f"cost          {words.dollars(state['spent_microusd'])} of {words.dollars(state['limit_microusd'])}")
    out(f"time          {state['seconds']:.1f} s")
    if settings.model.rehearsal:
        out(f"[yellow]{words.REHEARSAL}[/]")
