"""The bearer token: made at first start, kept in a file that only its owner reads; request_guard.py compares it."""

import secrets
from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.core.files import write_first
from damascus.core.settings import Settings

TOKEN_FILE = "token"  # noqa: S105


def read_or_make_token(settings: Settings) -> str:
    """Return OFFICE_TOKEN, else the token in `.damascus/token`, which is made (mode 0600) if it is not there.

    Raises Misconfigured if there is a token and it is blank: compared with what a stranger does not send, it would fit.
    """
    given = settings.office.token.get_secret_value()
    path = settings.home / TOKEN_FILE
    token = given.strip() if given else _from_file(path)
    if not token:
        where = "OFFICE_TOKEN" if given else str(path)
        raise Misconfigured(
            f"{where} is blank and would let everybody in; remove it, and the next start makes a new one"
        )
    return token


def _from_file(path: Path) -> str:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            write_first(path, secrets.token_urlsafe(32), 0o600)
        return path.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not a token: remove it, and the next start makes a new one") from None
    except OSError as error:
        raise Misconfigured(f"the office's token {path} cannot be read or made: {error.strerror}") from None
