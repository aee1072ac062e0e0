"""Pages that a mission read, kept as they were."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum


class Mark(StrEnum):
    """What the program knows of a claim's origin. That a page supports the claim it never says."""

    VERIFIED = "verified"
    CITED = "cited, not verified"
    OWN_KNOWLEDGE = "own knowledge"
    FROM_CEO = "from the CEO"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A link of a page: its text, and the absolute address it leads to."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a page said of itself, and the transfer of it; what is not known is empty.

    `body_sha256` and `size` are of the body's bytes after decompression; `date` is YYYY-MM-DD.
    """

    status: int = 200
    media_type: str = ""
    size: int = 0
    body_sha256: str = ""
    title: str = ""
    author: str = ""
    date: str = ""
    language: str = ""
    etag: str = ""
    last_modified: str = ""
    links: tuple[SourceLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A page as it was when a task read it: `text` is what passages are looked up in, `text_sha256` of its UTF-8.

    `entry` is its number on the mission's trail: a report cites it as e and this number. `url` is what was asked for,
    `final_url` where redirects led.
    """

    id: str
    mission_id: str
    task_id: str
    entry: int
    url: str
    final_url: str
    text: str
    text_sha256: str
    facts: SourceFacts
    created_at: datetime

    @property
    def ref(self) -> str:
        return f"e{self.entry}"

    def sha256(self) -> str:
        """Return the SHA-256 of all that is kept of the page: addresses, text and facts."""
        kept = [self.url, self.final_url, self.text, asdict(self.facts)]
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()

    def is_whole(self, noted_sha256: str = "") -> bool:
        """Return whether the page is byte for byte what was read; its entry on the trail may have noted `sha256()`."""
        if noted_sha256 and noted_sha256 != self.sha256():
            return False
        return hashlib.sha256(self.text.encode()).hexdigest() == self.text_sha256
