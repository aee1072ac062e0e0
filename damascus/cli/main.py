"""`ceo`: builds the Typer app, and turns every error into one line and an exit code."""

import sys
import traceback
from collections.abc import Callable, Sequence

import typer

from damascus.cli import commands_company, commands_containers, commands_desk, commands_look, commands_run, words
from damascus.cli.exits import DONE, MISSION_FAILED, WRONG_USE, code_of
from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import DamascusError, Invalid

GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Directives": (commands_run.run, commands_run.send, commands_run.watch, commands_run.cancel),
    "The company": (
        commands_company.up, commands_company.down, commands_company.status, commands_company.doctor,
        commands_containers.logs, commands_containers.scale,
    ),
    "What was done": (
        commands_look.missions, commands_look.show, commands_look.trail, commands_look.reports, commands_look.read,
        commands_look.team,
    ),
    "Your desk": (
        commands_desk.inbox, commands_desk.approve, commands_desk.deny, commands_desk.answer, commands_desk.budget,
        commands_desk.policy,
    ),
}  # fmt: skip


def build() -> typer.Typer:
    """The app with every command under its heading."""
    app = typer.Typer(
        name="ceo", help="Damascus Frontier: give a directive, get results.", no_args_is_help=True,
        add_completion=False, pretty_exceptions_enable=False,
    )  # fmt: skip
    for heading, commands in GROUPS.items():
        for command in commands:
            app.command(rich_help_panel=heading)(command)
    return app


def main() -> int:
    """Run one command; its exit code."""
    try:
        _check_text(sys.argv[1:])
        build()(standalone_mode=True)
    except DamascusError as error:
        return _fail(words.one_line(error), code_of(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(
            f"{where}{error.strerror or error}; is the disk full, or are these files somebody else's?", WRONG_USE
        )
    except Exception as error:
        return _fail(f"an error of ours: {words.one_line(repr(error))}; {_write_trace()}", MISSION_FAILED)
    return DONE


def _check_text(arguments: Sequence[str]) -> None:
    """Raise Invalid for bytes that are no UTF-8: they can neither be sent nor printed."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise Invalid(f"{argument[:80]!a} is no text in UTF-8; type it again, or convert it with `iconv`") from None


def _fail(line: str, code: int) -> int:
    sys.stderr.write(f"ceo: {line}\n")
    return code


def _write_trace() -> str:
    """Keep the trace of the error that is being handled beside the company's other logs; where, in words."""
    trace = traceback.format_exc()
    try:
        path = settings.load().home / "logs" / "ceo.log"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{SystemClock().now().isoformat()} {trace}\n")
    except (DamascusError, OSError):
        return f"the trace could not be kept, so here it is:\n{trace}"
    return f"the trace is in {path}"


if __name__ == "__main__":
    sys.exit(main())
