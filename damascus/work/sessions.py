"""Logs browsers in: a code is good for one log-in, a session for the browser that got it.

A code or token is told once; the ledger keeps its SHA-256 only, so who reads the ledger cannot log in with it.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from damascus.core.errors import NotFound
from damascus.core.ids import new_id
from damascus.core.records.sessions import LoginCode, LoginKind, WebSession
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction, Transaction

LIFETIME = {LoginKind.LINK: timedelta(minutes=10), LoginKind.PAIRING: timedelta(minutes=5)}
MAX_TRIES = 5
MAX_DEVICE_CHARS = 150
SESSION_LIFETIME = timedelta(days=14)  # since it was used last
USE_IS_NOTED_EVERY = timedelta(minutes=10)
KEPT_FOR = timedelta(days=30)
PAIRING_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 that are not taken for one another
PAIRING_CHARS = 8


@dataclass(frozen=True, slots=True)
class NewCode:
    """What is told once: the code or token itself, beside its row."""

    secret: str
    row: LoginCode


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session, and the token that the browser keeps."""

    token: str
    session: WebSession


async def make_code(tx: Transaction, kind: LoginKind) -> NewCode:
    """Make a code that logs one browser in, once."""
    await tx.sessions.forget_before(tx.now - KEPT_FOR)
    if kind == LoginKind.PAIRING:
        secret = "".join(secrets.choice(PAIRING_LETTERS) for _ in range(PAIRING_CHARS))
    else:
        secret = secrets.token_urlsafe(32)
    expires = tx.now + LIFETIME[kind]
    row = LoginCode(new_id("code"), kind, _sha256(secret), 0, tx.now, expires, used_at=None)
    await tx.login_codes.add(row)
    return NewCode(secret, row)


async def log_in(tx: Transaction, code: str, device: str) -> LoggedIn | None:
    """Use a code up and begin a session; None if the code is not valid, which counts as a try.

    The caller commits also what a wrong code leaves: pairing codes take MAX_TRIES of them from anywhere.
    """
    # first as it is; what a person types comes in small letters and groups
    code_row = await tx.login_codes.use(_sha256(code), MAX_TRIES)
    if code_row is None:
        typed = "".join(letter for letter in code.upper() if letter.isalnum())
        code_row = await tx.login_codes.use(_sha256(typed), MAX_TRIES)
    if code_row is None:
        await tx.login_codes.count_wrong_try()
        return None
    token = secrets.token_urlsafe(32)
    session = WebSession(
        id=new_id("ses"), sha256=_sha256(token), device=one_line(device, MAX_DEVICE_CHARS), login=code_row.kind,
        created_at=tx.now, seen_at=tx.now, expires_at=tx.now + SESSION_LIFETIME, ended_at=None,
    )  # fmt: skip
    await tx.sessions.add(session)
    return LoggedIn(token, session)


async def session_of(tx: ReadTransaction, token: str) -> WebSession | None:
    """Return the session that a browser's token belongs to, None if it is not valid."""
    sha256 = _sha256(token)
    session = await tx.sessions.valid(sha256)
    return session if session is not None and hmac.compare_digest(session.sha256, sha256) else None


def is_use_to_note(session: WebSession, tx: ReadTransaction) -> bool:
    return tx.now - session.seen_at >= USE_IS_NOTED_EVERY


async def note_use(tx: Transaction, session: WebSession) -> None:
    """Note that a session was used: it lasts on from now."""
    await tx.sessions.note_use(session.id, tx.now + SESSION_LIFETIME)


async def end(tx: Transaction, id: str) -> WebSession:
    """End a session: its browser is logged out with its next request. Raises NotFound if it is not valid."""
    session = await tx.sessions.find(id)
    if session is None or not await tx.sessions.end(id):
        raise NotFound(f"there is no session {id[:40]!r}; `ceo session list` shows those that there are")
    return session


def csrf_token(token: str) -> str:
    """Return what a page must send with whatever changes something, beside the cookie: a form elsewhere lacks it."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
