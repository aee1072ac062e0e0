"""The one error tree.

An error's docstring is its default message and says how to fix it. The HTTP status
(office/error_handlers.py) and the exit code (cli/exit_codes.py) of each are decided in one table there.
"""

import re

from damascus.core.redaction import redact

# a message may quote what a stranger wrote: a terminal must not obey it, and a log must be able to keep it
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class DamascusError(Exception):
    """Something went wrong inside the company; `ceo doctor` checks every part of it."""

    def __init__(self, message: str | None = None) -> None:
        text = message or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(_NO_TEXT.sub(lambda found: ascii(found[0])[1:-1], redact(text)))


class Misconfigured(DamascusError):
    """A setting, persona or playbook is wrong; the message names the file and the key."""


class Invalid(DamascusError):
    """The input is invalid; the message says which part and what is expected."""


class NotFound(DamascusError):
    """Not found; see `ceo missions`, `ceo reports` or `ceo desk` for what exists."""


class Conflict(DamascusError):
    """That cannot be done in the present state; look at it with `ceo show MISSION`."""


class LeaseLost(DamascusError):
    """Another worker has taken this task over; this one must write nothing more."""


class OverBudget(DamascusError):
    """The limit is reached; raise it with `ceo approve ID` or in config.yaml under `budget`."""


class Unavailable(DamascusError):
    """A service did not respond; `ceo doctor` shows which one and how to fix it."""


class NotLoggedIn(DamascusError):
    """This browser is not logged in; `ceo open` shows how."""


class TooManyTries(DamascusError):
    """That was tried too often; wait a minute."""

    def __init__(self, message: str | None = None, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotRunning(DamascusError):
    """The company is not running; start it with `ceo up --detach`."""


class ForgeUnavailable(Unavailable):
    """The forge does not take the work now; it is pushed later. `ceo doctor` says what is wrong."""

    def __init__(self, message: str | None = None, retry_after: float = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelUnavailable(Unavailable):
    """The model did not respond; check LLM_BASE_URL and that its server is running."""


class ModelRefused(DamascusError):
    """The model's server refused the request; check LLM_API_KEY and LLM_MODEL."""


class RequestNotTaken(ModelRefused):
    """The model's server refuses this request; others it may take. The task ends, unless it finds another way."""


class FilteredByProvider(RequestNotTaken):
    """The provider's filter refuses what the request says; said otherwise it may be taken."""


class WorkshopRefused(Unavailable):
    """The workshop cannot jail commands on this machine, so it runs none; `ceo doctor` says why."""


class PathOutsideFolder(Invalid):
    """A path leads out of the workspace; use a relative path inside it, without links that lead out."""
