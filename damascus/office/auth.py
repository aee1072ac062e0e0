"""The bearer token: made at first start, kept in a file that only its owner reads, compared in constant time."""

import os
import secrets
from pathlib import Path
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from damascus.core.settings import Settings

TOKEN_FILE = "token"  # noqa: S105
_bearer = HTTPBearer(auto_error=False, description="The token in .damascus/token")


def read_or_make_token(settings: Settings) -> str:
    """Return OFFICE_TOKEN, else the token in `.damascus/token`, which is made (mode 0600) if it is not there."""
    given = settings.office.token.get_secret_value()
    return given or _from_file(settings.home / TOKEN_FILE)


def _from_file(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    token = secrets.token_urlsafe(32)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(token)
    try:
        os.link(draft, path)  # whole or not at all, and only if there is none yet
    except FileExistsError:
        token = path.read_text(encoding="ascii").strip()
    finally:
        draft.unlink()
    return token


def require_token(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Refuse a request without the office's token: raises HTTPException 401."""
    expected: str = request.app.state.token
    given = credentials.credentials if credentials else ""
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(401, "The bearer token is missing or wrong; it is in .damascus/token")
