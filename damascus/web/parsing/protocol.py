"""What the fetcher tells the child that parses a page, and what it gets back.

Standard input: one line of JSON (ParseRequest), then the body. Standard output: one line of JSON, a ParsedPage or a
ParseFailure.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter


class ParseRequest(BaseModel):
    """What a host said of a body."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    media_type: str
    charset: str = ""


class ParsedLink(BaseModel):
    text: str
    url: str


class ParsedPage(BaseModel):
    """The main text of a page as Markdown, and what it says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    title: str = ""
    author: str = ""
    date: str = ""
    language: str = ""
    links: list[ParsedLink] = []


class ParseFailure(BaseModel):
    """Why there is no text: `kind` is a WebErrorKind's value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["paywall", "no_text", "too_large"]
    message: str


PARSE_OUTCOME: TypeAdapter[ParsedPage | ParseFailure] = TypeAdapter(ParsedPage | ParseFailure)
