"""What went wrong, as RFC 9457 problem details."""

from damascus.api.schemas.base import Schema

MEDIA_TYPE = "application/problem+json"


class ProblemDetails(Schema):
    """`detail` is one line that says what happened and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
