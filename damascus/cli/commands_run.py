"""`ceo run`, `send`, `watch`, `cancel`: directives and missions under way."""

import shlex
import uuid
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from damascus.cli import company, words
from damascus.cli.context import Json, at_home, micro, newest_mission, settings_of
from damascus.cli.exits import DONE, INTERRUPTED, MISSION_FAILED, TIMED_OUT, Rejected, TimedOut
from damascus.cli.live import Watcher
from damascus.cli.office import Office, find_office
from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import Conflict, Invalid
from damascus.core.settings import ForgeKind, Settings

Budget = Annotated[float | None, typer.Option(help="The mission's limit in US dollars.")]
Timeout = Annotated[float | None, typer.Option(help="Seconds to wait; the mission goes on after it.")]
ForgeName = Annotated[
    ForgeKind | None, typer.Option("--forge", help="Where the code goes, if this starts the company.")
]
PlaybookName = Annotated[str | None, typer.Option("--playbook", help="How to go about it; see playbooks/.")]
DirectiveText = Annotated[str, typer.Argument(metavar="DIRECTIVE")]
ACCEPT_SECONDS = 60
README = "README"


def run(
    directive: DirectiveText, budget: Budget = None, timeout: Timeout = None, playbook: PlaybookName = None,
    forge: ForgeName = None, json: Json = False,
) -> None:  # fmt: skip
    """Give a directive, show it live, print the result. Starts the company if it is not running."""
    settings = settings_of(forge)
    clock = SystemClock()
    deadline = _deadline(timeout, clock)
    body = _body(directive, budget, playbook)
    company.check_ground(settings, playbook)
    started = company.start(settings) is not None
    office = find_office(settings)
    health = office.get("/api/health")
    if forge and health.get("forge") != forge:
        raise Conflict(f"the company is running with the forge {health.get('forge')}; `ceo down`, then run this again")
    if company.has_changed(settings):
        words.asides.print("[yellow]the settings have changed since the company started; `ceo down`, then run again[/]")
    rehearsal = bool(health["rehearsal"])
    if not json:
        _announce(settings, started, rehearsal)
    given = office.post("/api/directives", body, **{"Idempotency-Key": uuid.uuid4().hex})
    try:
        mission = _wait_for_mission(office, given["id"], deadline, clock)
    except KeyboardInterrupt:
        words.asides.print("\nthe directive is given and goes on: `ceo missions` lists it, `ceo watch` shows it")
        raise typer.Exit(INTERRUPTED) from None
    left = None if deadline is None else deadline - clock.monotonic()
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
    clock = SystemClock()
    deadline = _deadline(timeout, clock)
    name = newest_mission(office, mission)
    left = None if deadline is None else deadline - clock.monotonic()
    raise typer.Exit(_follow(settings, office, name, left, json))


def cancel(mission: str, json: Json = False) -> None:
    """Stop a mission; its agents stop before their next step."""
    settings = settings_of()
    office = find_office(settings)
    state = at_home(settings, office.post(f"/api/missions/{newest_mission(office, mission)}/cancel"))
    if json:
        words.as_json(result_of(state))
    else:
        words.screen.print(f"{state['slug']} is {state['status']}; {words.dollars(state['spent_microusd'])} was spent")


def result_of(state: dict[str, Any]) -> dict[str, Any]:
    """A mission's result as `--json` shows it."""
    readme = next((r["absolute"] for r in state["reports"] if r["name"] == README), None)
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
    body: dict[str, Any] = {"text": directive}
    if budget is not None:
        body["budget_microusd"] = micro(budget)
    if playbook is not None:
        body["playbook"] = playbook
    return body


def _deadline(timeout: float | None, clock: Clock) -> float | None:
    if timeout is None:
        return None
    if not timeout > 0:
        raise Invalid(f"--timeout {timeout:g}: give a positive number of seconds, such as 600")
    return clock.monotonic() + timeout


def _announce(settings: Settings, started: bool, rehearsal: bool) -> None:
    words.screen.print("the company is at work" + (" (started just now; `ceo down` stops it)" if started else ""))
    model = settings.model
    if rehearsal:
        words.screen.print(f"[yellow]{words.REHEARSAL}[/]")
    elif not model.rehearsal:
        words.screen.print(f"model: {words.plain(model.tiers.standard)} at {words.plain(model.base_url)}")


def _wait_for_mission(office: Office, directive: str, deadline: float | None, clock: Clock) -> str:
    until = clock.monotonic() + ACCEPT_SECONDS
    while True:
        given = office.get(f"/api/directives/{directive}")
        if given["mission_id"]:
            return str(given["mission_id"])
        if given["proposal"]["status"] == "rejected":
            raise Rejected(f"the directive was rejected: {words.one_line(given['proposal']['reason'])}")
        if deadline is not None and clock.monotonic() > deadline:
            raise TimedOut("the VP has not taken the directive up in time; it goes on: `ceo missions` lists it")
        if clock.monotonic() > until:
            raise TimedOut(f"the VP has not taken the directive up in {ACCEPT_SECONDS} s; `ceo status` shows why")
        words.pause(0.05)


def _follow(settings: Settings, office: Office, mission: str, timeout: float | None, json: bool) -> int:
    """Watch to the end and print the result; the exit code."""
    silent = json and not words.asides.is_terminal
    watcher = Watcher(office, mission, timeout, None if silent else words.asides if json else words.screen)
    try:
        state, code = watcher.follow(), None
    except KeyboardInterrupt:
        name = watcher.state.get("slug", mission)
        words.asides.print(f"\nthe mission goes on: `ceo watch {name}` shows it, `ceo cancel {name}` stops it")
        return INTERRUPTED
    except TimedOut as late:
        words.asides.print(f"ceo: {late}", markup=False)
        state, code = watcher.state, TIMED_OUT
    state = at_home(settings, state)
    if json:
        words.as_json(result_of(state))
    else:
        _print_result(state)
    return code or (DONE if state["status"] == "succeeded" else MISSION_FAILED)


def _print_result(state: dict[str, Any]) -> None:
    out, result = words.screen.print, result_of(state)
    reason = f": {words.plain(state['reason'])}" if state["reason"] else ""
    out(f"\n[bold]{words.status(state['status'])}[/]{reason}")
    if state["summary"]:
        out(words.plain(state["summary"], 600))
    out("")
    for name, value in _facts(state, result):
        out(f"{name:13} {value}")
    if state["rehearsal"]:
        out(f"[yellow]{words.REHEARSAL}[/]")


def _facts(state: dict[str, Any], result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if result["readme"]:
        yield "read first", words.plain(result["readme"])
    for report in state["reports"]:
        if report["name"] != README:
            yield "report", words.plain(report["absolute"])
    for repository in state["repositories"]:
        head = f"  (head {repository['head'][:10]})" if repository["head"] else "  (nothing pushed)"
        yield "repository", f"git clone {words.plain(shlex.quote(repository['url']))}{head}"
    held = sum(receipt["ok"] for receipt in state["receipts"])
    missing = len(state["receipts"]) - held
    yield "receipts", f"{held} checks held" + (f", {missing} did not at first" if missing else "")
    yield "cost", f"{words.dollars(state['spent_microusd'])} of {words.dollars(state['limit_microusd'])}"
    yield "time", f"{state['seconds']:.1f} s"
