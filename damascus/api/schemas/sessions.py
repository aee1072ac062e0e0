"""Browsers that are logged in at the office, and the codes with which they log in."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from damascus.api.schemas.base import RequestBody, Schema
from damascus.api.schemas.desk import PlainText


class LoginCodeRequest(RequestBody):
    """What is asked for: a `link` for a browser here, or a short code for `pairing` another device."""

    kind: Literal["link", "pairing"] = "link"


class LoginCode(Schema):
    """A code that logs one browser in, once, until `expires_at`; it is told this once only.

    `path` is that of the page which takes it, with the code behind the `#`, which browsers send to nobody.
    """

    kind: str
    code: str
    path: str
    expires_at: datetime


class LogIn(RequestBody):
    """A one-time code, as a link has it or as a person types it."""

    code: PlainText = Field(min_length=1, max_length=200)


class WebSession(Schema):
    """A browser that is logged in; `device` is what it calls itself, `is_current` that it is the one that asks."""

    id: str
    device: str
    login: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_current: bool = False


class OwnSession(WebSession):
    """The session of the one who asks; `csrf` goes into `X-CSRF-Token` with every request that changes something."""

    csrf: str
