"""Where the office of the company here is, its token, and a client of it."""

import contextlib
import json
from typing import TYPE_CHECKING

from damascus.api.schemas import Health
from damascus.core.errors import DamascusError, Misconfigured, NotRunning, Unavailable
from damascus.core.redaction import remember_secret
from damascus.core.settings import Settings
from damascus.supervisor.state import is_locked

if TYPE_CHECKING:
    from damascus.api.client import OfficeClient

MAX_RETRIES = 5


def find_office(settings: Settings) -> "OfficeClient":
    """Return a client of the running company's office.

    Raises NotRunning if there is no trace of one, Misconfigured if its address or token is not valid.
    """
    # while the supervisor runs, an office that does not respond is being started again
    return _connect(settings, MAX_RETRIES if is_locked(settings.home) else 0)


def check_health(settings: Settings) -> Health | None:
    """Return what the office says of itself.

    Returns None if it does not respond, or is another company's, whose token differs.
    """
    try:
        office = _connect(settings)
        health = office.health()
        if not is_locked(settings.home):
            with contextlib.suppress(Unavailable):  # its token is right, though its ledger or Redis is away
                office.policies()
    except DamascusError:
        return None
    return health


def _connect(settings: Settings, retries: int = 0) -> "OfficeClient":
    url, token = _url(settings), _token(settings)
    # a fifth of the time that `ceo --help` would take is httpx's import
    from damascus.api.client import OfficeClient  # noqa: PLC0415

    return OfficeClient(url, token, retries)


def _url(settings: Settings) -> str:
    if settings.office.url:
        return settings.office.url
    try:
        found = json.loads((settings.home / "office.json").read_text(encoding="utf-8"))["url"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotRunning("the company is not running here; start it with `ceo up --detach` or `ceo run`") from error
    return str(found)


def _token(settings: Settings) -> str:
    given = settings.office.token.get_secret_value()
    if given:
        return given
    path = settings.home / "token"
    try:
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise NotRunning(f"there is no token at {path}; set OFFICE_TOKEN or start the company") from error
    except UnicodeDecodeError:
        token = ""
    if not token.isprintable() or not token:
        raise Misconfigured(
            f"{path} contains no token; run `ceo down`, delete the file, and the next start creates a new one"
        )
    remember_secret(token)
    return token
