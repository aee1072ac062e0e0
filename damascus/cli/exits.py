"""Exit codes, and the one table from error to code."""

from damascus.core import errors

DONE, MISSION_FAILED, WRONG_USE, TIMED_OUT, NOT_RUNNING, INTERRUPTED = 0, 1, 2, 3, 4, 130


class NotRunning(errors.DamascusError):
    """The company is not running; start it with `ceo up --detach`."""


class TimedOut(errors.DamascusError):
    """It took longer than --timeout; it goes on: `ceo watch` shows it."""


class Rejected(errors.DamascusError):
    """The directive was rejected; `ceo missions` shows what there is."""


CODES: list[tuple[type[errors.DamascusError], int]] = [
    (NotRunning, NOT_RUNNING),
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


def code_of(error: errors.DamascusError) -> int:
    return next(code for kind, code in CODES if isinstance(error, kind))
