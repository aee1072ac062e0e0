"""What all schemas have in common, and how a list is cut into pages."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

ItemT = TypeVar("ItemT")
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"  # plain text that says something


class Schema(BaseModel):
    """A value of the API. Money is in micro-USD, times are UTC; keys that a reader does not know are ignored."""

    # built when first used: the command line imports all schemas and needs few
    model_config = ConfigDict(frozen=True, defer_build=True)


class RequestBody(Schema):
    """What a client sends."""

    # FastAPI looks at bodies when routes are made, and warns of those that are not built
    model_config = ConfigDict(defer_build=False)


class Page(Schema, Generic[ItemT]):
    """One page of a list; pass `next` as `after` for the page behind it, None if it is the last."""

    items: list[ItemT]
    next: str | None = None
