"""The office's view of the parts it reaches."""

from enum import StrEnum

from damascus.api.schemas.base import Schema


class HealthStatus(StrEnum):
    """Whether every check passed."""

    OK = "ok"
    DEGRADED = "degraded"


class HealthCheck(Schema):
    """One part; `detail` says what was found."""

    ok: bool
    detail: str


class Health(Schema):
    """`status` is `ok`, or `degraded` if a check failed; `rehearsal` is True if no model is configured.

    `page`: whether the page that people open was built, so that the office can send it.
    """

    status: str
    company: str
    version: str
    rehearsal: bool
    model: str
    forge: str
    pid: int
    page: bool = False
    checks: dict[str, HealthCheck]
