"""`ceo`: builds the Typer app, and turns every error into one line and an exit code."""

import contextlib
import sys
import traceback
from collections.abc import Callable, Sequence

import typer

from damascus.cli.commands import (
    budget,
    company,
    containers,
    desk,
    directives,
    memories,
    missions,
    policies,
    reports,
    search,
    sessions,
    sources,
    staff,
    trail,
)
from damascus.cli.exit_codes import DONE, MISSION_FAILED, NOBODY_READS, WRONG_USE, exit_code_of
from damascus.cli.formatting import printable_line
from damascus.cli.standard_streams import ReaderGone, open_closed_streams, settle_streams
from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError, Invalid
from damascus.core.redaction import redact
from damascus.supervisor.child import MAX_LOG_BYTES, move_aside

Command = Callable[..., None]

GROUPS: dict[str, tuple[Command, ...]] = {
    "Directives": (directives.run, directives.send, missions.watch, missions.wake, missions.say, missions.cancel),
    "The company": (
        company.up, company.down, sessions.open, company.status, company.doctor, containers.logs, containers.scale,
    ),
    "What was done": (
        missions.missions, missions.show, trail.trail, reports.reports, reports.read, sources.sources,
        sources.source, search.search, staff.staff,
    ),
    "Your desk": (desk.desk, desk.approve, desk.deny, desk.answer, budget.budget, policies.policy),
}  # fmt: skip
NOUNS: dict[str, tuple[str, str, dict[str, Command]]] = {
    "memory": (
        "What was done", "What the company has learnt, and your rules for every task.", memories.COMMANDS,
    ),
    "session": ("The company", "The browsers that are logged in.", sessions.COMMANDS),
}  # fmt: skip
OLD_NAMES: dict[str, Command] = {"inbox": desk.desk, "team": staff.staff}  # kept for one release


def build() -> typer.Typer:
    """Return the app with every command under its heading."""
    app = typer.Typer(
        name="ceo", help="Damascus Frontier: give a directive, get results.", no_args_is_help=True,
        add_completion=False, pretty_exceptions_enable=False,
    )  # fmt: skip
    for heading, commands in GROUPS.items():
        for command in commands:
            app.command(rich_help_panel=heading)(command)
    for noun, (heading, about, named) in NOUNS.items():
        group = typer.Typer(help=about, no_args_is_help=True)
        for name, command in named.items():
            group.command(name)(command)
        app.add_typer(group, name=noun, rich_help_panel=heading)
    for name, command in OLD_NAMES.items():
        app.command(name, hidden=True)(command)
    return app


def main() -> int:
    """Run one command. Returns its exit code."""
    open_closed_streams()
    try:
        return _run()
    finally:
        settle_streams()


def _run() -> int:
    try:
        _check_text(sys.argv[1:])
        build()(standalone_mode=True)
    except ReaderGone:
        return NOBODY_READS
    except DamascusError as error:
        return _fail(printable_line(error), exit_code_of(error))
    except OSError as error:
        file = f"{error.filename}: " if error.filename else ""
        return _fail(f"{file}{error.strerror or error}; check the free disk space and who owns the file", WRONG_USE)
    except Exception as error:
        return _fail(
            f"internal error: {printable_line(repr(error))}; this is a bug in Damascus Frontier, {_write_traceback()}",
            MISSION_FAILED,
        )
    return DONE


def _check_text(arguments: Sequence[str]) -> None:
    """Raise Invalid for bytes that are not UTF-8: they can neither be sent nor printed."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise Invalid(f"{argument[:80]!a} is not valid UTF-8; retype it or convert it with `iconv`") from None


def _fail(line: str, code: int) -> int:
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(f"ceo: {redact(line)}\n")
    return code


def _write_traceback() -> str:
    """Append the traceback of the error that is being handled to `ceo.log`. Returns where it is, in words."""
    trace = redact(traceback.format_exc())
    try:
        path = settings.load().home / "logs" / "ceo.log"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        move_aside(path, MAX_LOG_BYTES)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{SystemClock().now().isoformat()} {trace}\n")
    except (DamascusError, OSError):
        return f"the traceback could not be written, so here it is:\n{trace}"
    return f"the traceback is in {path}"


if __name__ == "__main__":
    sys.exit(main())
