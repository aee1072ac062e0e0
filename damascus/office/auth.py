"""What strangers must know: the API's bearer token, and the secret of published directives.

Each is made at the first start and kept in a file that only its owner reads; request_guard.py and
foreign_directives.py compare them.
"""

import secrets
from pathlib import Path

from pydantic import SecretStr

from damascus.core.errors import Misconfigured
from damascus.core.files import write_first
from damascus.core.redaction import remember_secret
from damascus.core.settings import Settings

TOKEN_FILE = "token"  # noqa: S105
DESK_SECRET_FILE = "desk-secret"  # noqa: S105


def read_or_make_token(settings: Settings) -> str:
    """Return OFFICE_TOKEN, else the token in `.damascus/token`, which is made (mode 0600) if it is not there.

    Raises Misconfigured if there is one and it is blank: compared with what a stranger does not send, it would fit.
    """
    return _read_or_make("OFFICE_TOKEN", settings.office.token, settings.home / TOKEN_FILE)


def read_or_make_desk_secret(settings: Settings) -> str:
    """Return DESK_SECRET, else what `.damascus/desk-secret` holds, in the same way."""
    return _read_or_make("DESK_SECRET", settings.office.desk_secret, settings.home / DESK_SECRET_FILE)


def _read_or_make(variable: str, given: SecretStr, path: Path) -> str:
    secret = given.get_secret_value().strip() if given.get_secret_value() else _from_file(path)
    if not secret:
        where = variable if given.get_secret_value() else str(path)
        raise Misconfigured(
            f"{where} is blank and would let everybody in; remove it, and the next start makes a new one"
        )
    remember_secret(secret)
    return secret


def _from_file(path: Path) -> str:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            write_first(path, secrets.token_urlsafe(32), 0o600)
        return path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not a secret: remove it, and the next start makes a new one") from None
    except OSError as error:
        raise Misconfigured(f"the office's secret {path} cannot be read or made: {error.strerror}") from None
