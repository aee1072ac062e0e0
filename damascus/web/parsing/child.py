"""A process of its own: reads one page from standard input, writes its text to standard output (`run.py` starts it).

It takes limits of memory, processor time and files upon itself before it reads a byte of the page.
"""

import re
import resource
import sys

from damascus.web.parsing.charset import decode
from damascus.web.parsing.protocol import ParsedPage, ParseFailure, ParseRequest

MAX_MEMORY_BYTES = 768 << 20
MAX_CPU_SECONDS = 20
MAX_TEXT_CHARS = 2_000_000
HTML = ("text/html", "application/xhtml+xml")
_MEDIA_TYPE = re.compile(r"[a-z]{1,12}/[a-z0-9.+-]{1,60}")  # what else a host says stands in no error
PLAIN = ("application/json", "application/ld+json", "application/xml", "application/rss+xml", "application/atom+xml")


def main() -> int:
    """Parse one page. Returns 0 also if it has no text: that is said in the outcome."""
    _limit()
    request = ParseRequest.model_validate_json(sys.stdin.buffer.readline())
    outcome = parse(request, sys.stdin.buffer.read())
    sys.stdout.write(outcome.model_dump_json() + "\n")
    sys.stdout.flush()
    return 0


def parse(request: ParseRequest, body: bytes) -> ParsedPage | ParseFailure:
    """Return the text of a body; what it is, its first bytes say, if its media type does not."""
    if request.media_type == "application/pdf" or body[:1024].lstrip().startswith(b"%PDF-"):
        from damascus.web.parsing.pdf import parse_pdf  # noqa: PLC0415  each kind loads its own library only

        return _bounded(parse_pdf(body))
    if request.media_type in HTML or (
        request.media_type in ("", "application/octet-stream") and _looks_like_html(body)
    ):
        from damascus.web.parsing.html import parse_html  # noqa: PLC0415

        return _bounded(parse_html(decode(body, request.charset), request.url))
    if request.media_type.startswith("text/") or request.media_type in PLAIN:
        text = decode(body, request.charset).strip()
        return _bounded(ParsedPage(text=text)) if text else ParseFailure(kind="no_text", message="the page is empty")
    named = request.media_type if _MEDIA_TYPE.fullmatch(request.media_type) else "something that is not named"
    return ParseFailure(kind="no_text", message=f"the address leads to {named}, not to text; use another page")


def _bounded(outcome: ParsedPage | ParseFailure) -> ParsedPage | ParseFailure:
    if isinstance(outcome, ParseFailure):
        return outcome
    text = outcome.text.replace("\0", "").encode(errors="replace").decode()  # what no database takes
    return outcome.model_copy(update={"text": text[:MAX_TEXT_CHARS]})


def _looks_like_html(body: bytes) -> bool:
    head = body[:1024].lstrip().lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    # at the first it ends by SIGXCPU, at the second it would by SIGKILL, which is what others end it with
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS + 5))
