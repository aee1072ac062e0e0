"""Browsers that are logged in at the office, and the codes with which they log in; of a secret only its SHA-256."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LoginKind(StrEnum):
    """How a browser logs in: with a link that the CEO opens here, or with a short code that is typed on a device."""

    LINK = "link"
    PAIRING = "pairing"


@dataclass(frozen=True, slots=True)
class LoginCode:
    """A code that logs one browser in, once; `tries` is how often a wrong one was given while it was valid."""

    id: str
    kind: LoginKind
    sha256: str
    tries: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser that is logged in; `device` is what it called itself, `seen_at` about when it was used last."""

    id: str
    sha256: str
    device: str
    login: LoginKind
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
