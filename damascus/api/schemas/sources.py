"""Pages that missions read, kept as they were."""

from datetime import datetime

from damascus.api.schemas.base import Schema


class Source(Schema):
    """A page as it was read; `ref` is its entry on the trail, `url` what was asked for, `final_url` where that led.

    `body_sha256` and `size` are of the bytes that the host sent, decompressed; `text_sha256` is of the text's UTF-8.
    """

    id: str
    ref: str
    mission_id: str
    task_id: str
    url: str
    final_url: str
    title: str
    author: str
    date: str
    language: str
    media_type: str
    status: int
    size: int
    body_sha256: str
    text_sha256: str
    created_at: datetime


class SourceText(Source):
    """A page with its text in Markdown."""

    text: str
