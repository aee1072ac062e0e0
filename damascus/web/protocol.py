"""What agents and the web service exchange: JSON over HTTP.

`POST /pages` takes a PageRequest and answers with a Page, or with `unchanged`; `POST /searches` takes a
SearchRequest and answers with a SearchResponse; `GET /health` answers when the service is up. A WebError is a Refusal
with STATUS_REFUSED.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from damascus.core.settings import SearchProvider
from damascus.web.port import Page, SearchResponse, WebErrorKind

MAX_REQUEST_BYTES = 64 * 1024
STATUS_INVALID, STATUS_REFUSED = 400, 422
MAX_RESULTS = 20


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PageRequest(_Message):
    """A page to read; with validators it may be answered as unchanged."""

    url: str = Field(min_length=1, max_length=4_000)
    etag: str = Field("", max_length=1_000)
    last_modified: str = Field("", max_length=1_000)


class SearchRequest(_Message):
    """A search, with the keys of those providers that want one."""

    text: str = Field(min_length=1, max_length=400)
    limit: int = Field(8, ge=1, le=MAX_RESULTS)
    language: str = Field("", max_length=10, pattern=r"^[A-Za-z-]*$")
    keys: dict[SearchProvider, SecretStr] = {}

    def body(self) -> dict[str, Any]:
        """Return the request as it is sent: with the keys in clear."""
        return {**self.model_dump(), "keys": {name: key.get_secret_value() for name, key in self.keys.items()}}


class PageAnswer(_Message):
    """The page; none if it is unchanged."""

    page: Page | None = None


class Refusal(_Message):
    """A WebError on the wire."""

    kind: WebErrorKind
    error: str
    billed: tuple[str, ...] = ()


SEARCH_RESPONSE = TypeAdapter(SearchResponse)
