"""What a mission came to: as `--json` shows it, and as a person reads it; and waiting for it."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from damascus.api.schemas import MissionDetail, Quote, Receipt, Repository, Schema
from damascus.cli.deadline import Deadline
from damascus.cli.exit_codes import DONE, INTERRUPTED, MISSION_FAILED, TIMED_OUT, TimedOut
from damascus.cli.formatting import (
    ASSUMED_NOTICE,
    REHEARSAL_NOTICE,
    coloured,
    escape_line,
    format_cost,
    print_json,
    stderr,
    stdout,
)
from damascus.cli.mission_watcher import MissionWatcher
from damascus.cli.name_lookup import with_local_paths
from damascus.core.money import format_usd, to_usd
from damascus.core.records.missions import MissionStatus
from damascus.core.settings import Settings

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

README = "README"


class MissionResult(Schema):
    """A mission's result as `--json` shows it; `readme` is the file to read first, None if there is none."""

    mission_id: str
    slug: str
    status: str
    reason: str | None
    readme: str | None
    reports: list[str]
    repositories: list[str]
    products: list[str] = Field(default_factory=list, description="folders with what was made")
    pull_requests: list[str] = Field(default_factory=list)
    quotes: list[Quote] = Field(
        default_factory=list, description="what was quoted before the work; low, expected, worst"
    )
    cost_usd: float
    price_known: bool = True
    seconds: float
    rehearsal: bool
    receipts: list[Receipt]


def result_of(mission: MissionDetail) -> MissionResult:
    """Return a mission's result."""
    return MissionResult(
        mission_id=mission.id,
        slug=mission.slug,
        status=mission.status,
        reason=mission.reason,
        readme=next((report.absolute for report in mission.reports if report.name == README), None),
        reports=[report.absolute for report in mission.reports],
        repositories=[repository.url for repository in mission.repositories],
        products=[repository.folder for repository in mission.repositories if repository.folder],
        pull_requests=[repository.pull_request for repository in mission.repositories if repository.pull_request],
        quotes=mission.quotes,
        cost_usd=to_usd(mission.spent_microusd),
        price_known=mission.price_known,
        seconds=round(mission.seconds, 3),
        rehearsal=mission.rehearsal,
        receipts=mission.receipts,
    )


def watch_to_end(settings: Settings, office: "OfficeClient", mission_id: str, deadline: Deadline, json: bool) -> int:
    """Watch a mission to its end and print its result. Returns the exit code."""
    silent = json and not stderr.is_terminal
    console = None if silent else stderr if json else stdout
    name, code = mission_id, None
    try:
        watcher = MissionWatcher(office, office.mission(mission_id), deadline.seconds_left(), console)
        name = watcher.mission.slug
        watcher.follow()
    except KeyboardInterrupt:
        stderr.print(f"\nthe mission continues; follow it with `ceo watch {name}` or stop it with `ceo cancel {name}`")
        return INTERRUPTED
    except TimedOut as late:
        stderr.print(f"ceo: {late}", markup=False)
        code = TIMED_OUT
    mission = with_local_paths(settings, watcher.mission)
    if json:
        print_json(result_of(mission))
    else:
        _print(mission, settings.shared)
    return code or (DONE if mission.status == MissionStatus.SUCCEEDED else MISSION_FAILED)


def _print(mission: MissionDetail, shared: Path) -> None:
    reason = f": {escape_line(mission.reason)}" if mission.reason else ""
    stdout.print(f"\n[bold]{coloured(mission.status)}[/]{reason}")
    if mission.summary:
        stdout.print(escape_line(mission.summary, 600))
    stdout.print("")
    for name, value in _facts(mission, shared):
        stdout.print(f"{name:13} {value}")
    if mission.rehearsal:
        stdout.print(f"[yellow]{REHEARSAL_NOTICE}[/]")


def _checks(receipts: list[Receipt]) -> str:
    """Say what was checked: a check that failed at first and holds now has not failed."""
    passed = sum(receipt.ok for receipt in receipts if receipt.standing)
    failed = sum(not receipt.ok for receipt in receipts if receipt.standing)
    return f"{passed} checks passed" + (f", [red]{failed} failed[/]" if failed else "")


def product_facts(repository: Repository, shared: Path) -> Iterator[tuple[str, str]]:
    """Yield what a person is handed of a repository, before git is spoken of."""
    if repository.folder:
        yield "product", escape_line(str(shared / repository.folder))
    if repository.zip:
        yield "as a zip", escape_line(str(shared / repository.zip))
    if repository.start:
        yield "start", escape_line(repository.start)
    if repository.branch and repository.head:
        at_once = "on its way to Gitea; `ceo show` says where it is"
        named = repository.pull_request or at_once
        yield "pull request", escape_line(str(shared / named) if named.startswith("code/") else named)


def beside_spent(quote: Quote, mission: MissionDetail) -> str:
    """Return a quote beside what was spent: low, expected and worst cost, and time."""
    cost, seconds = quote.cost_microusd, quote.seconds
    quoted = ", ".join(format_usd(value) for value in (cost.low, cost.expected, cost.worst))
    spent = format_cost(mission.spent_microusd, mission.price_known)
    return (
        f"{quote.status}: {quoted} in {seconds.low} to {seconds.worst} s, "
        f"ceiling {format_usd(quote.ceiling_microusd)}; spent {spent} in {mission.seconds:.0f} s"
    )


def tokens_in(mission: MissionDetail) -> str:
    """Return what a mission's calls have read, and how much of that its provider had in its cache; it read some."""
    cached = mission.cached_tokens / mission.input_tokens
    return f"{mission.input_tokens:,}, {cached:.0%} of them in the provider's cache"


def _facts(mission: MissionDetail, shared: Path) -> Iterator[tuple[str, str]]:
    for report in sorted(mission.reports, key=lambda report: report.name != README):
        yield ("read first" if report.name == README else "report"), escape_line(report.absolute)
    for repository in mission.repositories:
        yield from product_facts(repository, shared)
        head = f"  (head {repository.head[:10]})" if repository.head else "  (nothing pushed)"
        branch = f" --branch {escape_line(repository.branch)}" if repository.branch and repository.head else ""
        yield "repository", f"git clone{branch} {escape_line(shlex.quote(repository.url))}{head}"
    yield "receipts", _checks(mission.receipts)
    cost = format_cost(mission.spent_microusd, mission.price_known)
    yield (
        "cost",
        f"{cost} of {format_usd(mission.limit_microusd)}" + ("" if mission.price_known else f"  ({ASSUMED_NOTICE})"),
    )
    for quote in mission.quotes:
        yield "quote", beside_spent(quote, mission)
    if mission.input_tokens:
        yield "tokens in", tokens_in(mission)
    if mission.allowances:
        used = ", ".join(f"{row.used:,} of {row.limit:,} {row.unit}" for row in mission.allowances)
        yield "free models", used
    yield "time", f"{mission.seconds:.1f} s"
