"""`ceo run`, `send`: giving a directive."""

import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from damascus.cli import lifecycle
from damascus.cli.connection import find_office
from damascus.cli.deadline import Deadline
from damascus.cli.existing_code import code_named
from damascus.cli.exit_codes import INTERRUPTED, Rejected, TimedOut
from damascus.cli.formatting import REHEARSAL_NOTICE, escape_line, print_json, printable_line, stderr, stdout
from damascus.cli.login_links import new_link
from damascus.cli.mission_result import watch_to_end
from damascus.cli.options import Json, Timeout, load_settings, read_budget, spread
from damascus.core.clock import SystemClock, pause
from damascus.core.errors import Conflict, Invalid
from damascus.core.playbook_files import find_playbook
from damascus.core.records.proposals import ProposalStatus
from damascus.core.settings import ForgeKind, Settings

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

DirectiveText = Annotated[str, typer.Argument(metavar="DIRECTIVE")]
BudgetOption = Annotated[float | None, typer.Option("--budget", help="The mission's limit in US dollars.")]
PlaybookName = Annotated[
    str | None,
    typer.Option("--playbook", help="The playbook to plan from: a file name in playbooks/, without .yaml."),
]
AskOption = Annotated[
    bool | None,
    typer.Option(
        "--ask/--no-ask",
        help="Whether you answer what changes the direction; without a terminal the default is no: it is assumed.",
    ),
]
PlanOption = Annotated[
    bool, typer.Option("--plan", help="Quote the plan first: its work begins when you have signed (`ceo desk`).")
]
ForgeName = Annotated[
    ForgeKind | None, typer.Option("--forge", help="Where the code goes, if this starts the company.")
]
RepositoryOption = Annotated[
    str | None,
    typer.Option(
        "--repo", metavar="URL|PATH", help="Existing code to work on: an https address, or a folder of this machine."
    ),
]
FollowsOption = Annotated[
    str | None,
    typer.Option("--follows", metavar="MISSION|DECISION", help="The mission before it, or the decision that it takes."),
]
TestCommand = Annotated[
    str | None, typer.Option("--test", help="The command that runs that code's tests, if it is not found.")
]
ACCEPT_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a directive is to be done: options of the commands that give one."""

    budget: BudgetOption = None
    playbook: PlaybookName = None
    repo: RepositoryOption = None
    test: TestCommand = None
    plan: PlanOption = False
    follows: FollowsOption = None

    def read(self, text: str, settings: Settings) -> dict[str, Any]:
        """Return what a request says. Raises Invalid for an empty text, an odd budget, or code that nobody can see."""
        if not text.strip():
            raise Invalid(
                'the directive is empty: say what you want, such as ceo run "Find a small SaaS for freelancers"'
            )
        limit = None if self.budget is None else read_budget(self.budget)
        code = code_named(settings, self.repo, self.test)
        return {
            "key": uuid.uuid4().hex,
            "budget_microusd": limit,
            "playbook": self.playbook,
            "quote": self.plan,
            "follows": self.follows,
            **code,
        }


@spread
def run(
    text: DirectiveText, wishes: Wishes, timeout: Timeout = None, forge: ForgeName = None, ask: AskOption = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Give a directive, show it live, print the result. Starts the company if it is not running."""
    settings = load_settings(forge)
    deadline = Deadline(timeout)
    request = wishes.read(text, settings)
    lifecycle.check_prerequisites(settings, wishes.playbook)
    started = lifecycle.start(settings) is not None
    office = find_office(settings)
    health = office.health()
    if forge and health.forge != forge:
        raise Conflict(f"the company is already running with --forge {health.forge}; run `ceo down` first to change it")
    if lifecycle.has_changed(settings):
        stderr.print(
            "[yellow]the settings have changed since the company started; run `ceo down` and start again to apply "
            "them[/]"
        )
    if not json:
        _announce(settings, started, health.rehearsal)
        if health.page:
            stdout.print(f"watch it in a browser: {new_link(settings, office)} (works once)", markup=False)
    asks = sys.stdin.isatty() and stdout.is_terminal if ask is None else ask
    directive = office.submit_directive(text, **request, ask=asks)
    try:
        mission_id = _wait_for_mission(office, directive.id, deadline)
    except KeyboardInterrupt:
        stderr.print("\nthe directive was sent and work continues; follow it with `ceo watch`")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(watch_to_end(settings, office, mission_id, deadline, json))


@spread
def send(text: DirectiveText, wishes: Wishes, json: Json = False) -> None:
    """Give a directive and return at once."""
    settings = load_settings()
    office = find_office(settings)
    if wishes.playbook:
        find_playbook(wishes.playbook)
    directive = office.submit_directive(text, **wishes.read(text, settings))
    if json:
        print_json(directive)
    else:
        stdout.print(f"directive sent: {directive.id}; follow it with `ceo watch`")


def _announce(settings: Settings, started: bool, rehearsal: bool) -> None:
    stdout.print("the company is at work" + (" (started just now; `ceo down` stops it)" if started else ""))
    model = settings.model
    if rehearsal:
        stdout.print(f"[yellow]{REHEARSAL_NOTICE}[/]")
    elif not model.rehearsal:
        stdout.print(f"model: {escape_line(model.tiers.standard)} at {escape_line(model.base_url)}")


def _wait_for_mission(office: "OfficeClient", directive_id: str, deadline: Deadline) -> str:
    """Return the id of the directive's mission. Raises Rejected, or TimedOut if the VP does not decide in time."""
    clock = SystemClock()
    until = clock.monotonic() + ACCEPT_TIMEOUT_SECONDS
    while True:
        directive = office.directive(directive_id)
        if directive.mission_id:
            return directive.mission_id
        if directive.proposal.status == ProposalStatus.REJECTED:
            raise Rejected(f"the directive was rejected: {printable_line(directive.proposal.reason)}")
        if deadline.passed:
            raise TimedOut("timed out before the VP accepted the directive; it stays queued: see `ceo missions`")
        if clock.monotonic() > until:
            raise TimedOut(
                f"the VP did not accept the directive within {ACCEPT_TIMEOUT_SECONDS} s; `ceo status` shows why"
            )
        pause(POLL_SECONDS)
