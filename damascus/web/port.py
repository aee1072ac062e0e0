"""The port: pages and search results from the public web.

What an implementation promises: nothing private is ever reached, no credential is sent to a page's host, sizes and
times are bounded, and a failure is a WebError whose kind says what to do. What it does not promise: that a page
tells the truth: its text is a stranger's data.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from damascus.core.errors import DamascusError


class WebErrorKind(StrEnum):
    """Why there is no page or no result; a model acts on each in another way."""

    OFFLINE = "offline"
    NO_PROVIDER = "no_provider"
    FORBIDDEN = "forbidden"
    PRIVATE = "private"
    ROBOTS = "robots"
    NOT_FOUND = "not_found"
    PAYWALL = "paywall"
    NO_TEXT = "no_text"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    REFUSED = "refused"
    INVALID = "invalid"


class WebError(DamascusError):
    """The web gave nothing; the message says why and what to try instead.

    `billed`: providers of searches that may have taken their price all the same, since what they said was lost.
    """

    def __init__(self, kind: WebErrorKind, message: str, billed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.billed = billed


@dataclass(frozen=True, slots=True)
class Validators:
    """What a host gave with a page, to be asked later whether it has changed."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: its text, and the absolute address it leads to."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was read: its main text in Markdown, and the facts of the transfer.

    `url` is what was asked for, `final_url` where redirects led. `sha256` is of the body's bytes, `size` their number
    after decompression. `date` is the page's own, as YYYY-MM-DD; what is not known is empty.
    """

    url: str
    final_url: str
    status: int
    media_type: str
    sha256: str
    size: int
    text: str
    title: str = ""
    author: str = ""
    date: str = ""
    language: str = ""
    links: tuple[Link, ...] = ()
    validators: Validators = field(default_factory=Validators)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The page at `url` is still what it was when its validators were given."""

    url: str


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to search for: at most `limit` results, in a language (`de`, or empty for any)."""

    text: str
    limit: int = 8
    language: str = ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One hit; `date` is as the provider gave it, or empty."""

    title: str
    url: str
    snippet: str
    date: str = ""


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """Hits, the provider that answered, and why those before it in the list did not.

    `billed`: providers that took or may have taken their price, the one that answered among them.
    """

    provider: str
    results: tuple[SearchResult, ...]
    failures: tuple[str, ...] = ()
    billed: tuple[str, ...] = ()


class Web(Protocol):
    """Reads the public web."""

    async def fetch(self, url: str, known: Validators | None = None) -> Page | Unchanged:
        """Read the page at `url`; with `known`, ask whether it changed since those were given. Raises WebError."""
        ...

    async def search(self, query: SearchQuery) -> SearchResponse:
        """Ask the providers in turn until one answers. Raises WebError, which names each provider's failure."""
        ...
