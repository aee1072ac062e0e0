"""Exit codes, and the one table from error to code."""

from damascus.core import errors

DONE = 0
MISSION_FAILED = 1
WRONG_USE = 2
TIMED_OUT = 3
NOT_RUNNING = 4
INTERRUPTED = 130
NOBODY_READS = 141  # as a shell says of a program that SIGPIPE ended


class TimedOut(errors.DamascusError):
    """It took longer than --timeout; it continues: follow it with `ceo watch`."""


class Rejected(errors.DamascusError):
    """The directive was rejected; `ceo missions` lists the missions there are."""


CODES: list[tuple[type[errors.DamascusError], int]] = [
    (errors.NotRunning, NOT_RUNNING),
    (TimedOut, TIMED_OUT),
    (errors.Misconfigured, WRONG_USE),
    (errors.ModelRefused, WRONG_USE),
    (errors.ModelUnavailable, WRONG_USE),
    (errors.Invalid, WRONG_USE),
    (errors.NotFound, WRONG_USE),
    (errors.Conflict, WRONG_USE),
    (errors.Unavailable, NOT_RUNNING),
    (errors.DamascusError, MISSION_FAILED),
]


def exit_code_of(error: errors.DamascusError) -> int:
    """Return the exit code of the first kind in CODES that the error is of."""
    return next(code for kind, code in CODES if isinstance(error, kind))
