"""What is found by its words."""

from datetime import datetime

from damascus.api.schemas.base import Schema


class Hit(Schema):
    """One thing that was found: `place` is its route, `command` shows it on a terminal, `excerpt` is where it says so.

    `kind` is mission, task, entry, report, source, code or memory; `name` is what it is called in its mission.
    """

    kind: str
    id: str
    mission_id: str | None
    mission_slug: str | None
    name: str
    title: str
    excerpt: str
    place: str
    command: str
    created_at: datetime


class SearchResult(Schema):
    """The likest hits, and the words that were looked for."""

    words: list[str]
    items: list[Hit]
