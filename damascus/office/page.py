"""The page that people open: files that `dashboard/` was built into, sent as they are.

They hold nothing of the company and are sent to all who reach the port: a browser that comes over a link from
elsewhere sends its cookie only with what the page itself asks for. Names in `assets` are of their content, so a browser
never asks for them again. A company without the built page works; `/` says then how to get it.
"""

import re
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from damascus.core.errors import NotFound

STATIC = Path(__file__).parent / "static"
INDEX = "index.html"
ROOTS = (
    "stage", "missions", "desk", "library", "reports", "sources", "memory", "search", "money", "team", "rules",
    "system",
)  # fmt: skip
NOT_BUILT = "the page was not built here: `make page` builds it; `ceo` shows the same company in a terminal"
IMMUTABLE = "public, max-age=31536000, immutable"
_PATH = re.compile(rf"/(?:favicon\.svg|assets/[^/]+|(?:{'|'.join(ROOTS)})(?:/.*)?)?")
_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}\.(css|js|woff2)")
_TYPES = {"css": "text/css", "js": "text/javascript", "woff2": "font/woff2"}
_ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the smallest first

router = APIRouter(include_in_schema=False)


def is_page(method: str, path: str) -> bool:
    """Return whether this is asked of the page, which needs no token."""
    return method in ("GET", "HEAD") and _PATH.fullmatch(path) is not None


def is_built(folder: Path) -> bool:
    """Return whether there is a page to send."""
    return (folder / INDEX).is_file()


@router.get("/assets/{name}")
async def asset(name: str, request: Request) -> Response:
    found = _ASSET.fullmatch(name)
    if found is None or not (_folder(request) / "assets" / name).is_file():
        raise NotFound(f"the page has no file {name[:80]!r}; reload it, it may have been built since")
    return _send(f"assets/{name}", _TYPES[found[1]], IMMUTABLE, request)


@router.get("/favicon.svg")
async def icon(request: Request) -> Response:
    return _send("favicon.svg", "image/svg+xml", "public, max-age=86400", request)


async def index(request: Request) -> Response:
    """Return the page at each of its addresses; it looks at the address itself."""
    return _send(INDEX, "text/html", "no-store", request)


for pattern in ("/", *(f"/{root}" for root in ROOTS), *(f"/{root}/{{rest:path}}" for root in ROOTS)):
    router.add_api_route(pattern, index)


def _folder(request: Request) -> Path:
    folder: Path = request.app.state.page
    return folder


def _send(name: str, media_type: str, cache: str, request: Request) -> Response:
    """Return a file, compressed in the best way that is there and that the browser takes."""
    file = _folder(request) / name
    if not file.is_file():
        raise NotFound(NOT_BUILT)
    accepted = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    for encoding, suffix in _ENCODINGS.items():
        smaller = file.with_name(file.name + suffix)
        if encoding in accepted and smaller.is_file():
            return FileResponse(smaller, media_type=media_type, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(file, media_type=media_type, headers=headers)
