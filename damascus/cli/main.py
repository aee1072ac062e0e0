"""`ceo`: builds the Typer app, and turns every error into one line and an exit code."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from damascus.cli import commands_company, commands_desk, commands_look, commands_run
from damascus.cli.exits import INTERRUPTED, MISSION_FAILED, code_of
from damascus.core.errors import DamascusError

GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Directives": (commands_run.run, commands_run.send, commands_run.watch, commands_run.cancel),
    "The company": (commands_company.up, commands_company.down, commands_company.status, commands_company.doctor),
    "What was done": (
        commands_look.missions, commands_look.show, commands_look.trail, commands_look.reports, commands_look.read,
        commands_look.team,
    ),
    "Your desk": (
        commands_desk.inbox, commands_desk.approve, commands_desk.deny, commands_desk.answer, commands_desk.policy,
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
        build()(standalone_mode=True)
    except DamascusError as error:
        print(f"ceo: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return code_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return MISSION_FAILED
    except Exception as error:
        print(  # noqa: T201
            f"ceo: an error of ours: {type(error).__name__}: {error}; the trace is in {_write_trace()}", file=sys.stderr
        )
        return MISSION_FAILED
    return 0


def _write_trace() -> Path:
    path = Path("ceo-error.log").absolute()
    logging.basicConfig(filename=path, force=True)
    logging.getLogger(__name__).exception("unexpected")
    return path


if __name__ == "__main__":
    sys.exit(main())
