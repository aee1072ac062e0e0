"""Where a request may go by the words of its address: scheme, port, no login, and the CEO's lists of hosts."""

from collections.abc import Collection
from dataclasses import dataclass

import httpx

from damascus.web.port import WebError, WebErrorKind

MAX_URL_CHARS = 2_000
MAX_QUOTED_CHARS = 200
MIN_FREE_PORT = 1024  # below it stand the services of a machine, and HTTP could be taken for their protocols
WEB_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """An address in parts: `host` is lower-case ASCII, `path` begins with a slash and holds the query."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Return host and port as the header Host has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == WEB_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """The CEO's lists: `allowed` (empty: every host), `denied`, and `private` (host:port that may be private)."""

    allowed: Collection[str] = ()
    denied: Collection[str] = ()
    private: Collection[str] = ()

    def check(self, target: Target) -> None:
        """Raise WebError if the lists forbid this host; an entry names the host and all below it."""
        if any(_is_below(target.host, host) for host in self.denied):
            raise WebError(
                WebErrorKind.FORBIDDEN, f"{target.host} is on the company's list of denied hosts; use others"
            )
        if self.allowed and not any(_is_below(target.host, host) for host in self.allowed):
            names = ", ".join(sorted(self.allowed))
            raise WebError(WebErrorKind.FORBIDDEN, f"{target.host} is not among the allowed hosts ({names}); use these")

    def may_be_private(self, host: str, port: int) -> bool:
        return f"{host}:{port}" in self.private


def parse_target(text: str) -> Target:
    """Return the parts of an address. Raises WebError if it is not one that pages are read from."""
    shown = text[:MAX_QUOTED_CHARS]
    if len(text) > MAX_URL_CHARS or any(c.isspace() or not c.isprintable() for c in text):
        raise WebError(WebErrorKind.INVALID, f"{shown!r} is not an address; give one such as https://example.org/page")
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode("ascii").lower().strip("[]").rstrip(".")
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise WebError(WebErrorKind.INVALID, f"{shown!r} is not an address") from None
    if url.scheme not in WEB_PORTS or not host:
        raise WebError(WebErrorKind.INVALID, f"{shown!r} is not an address that begins with http:// or https://")
    if url.userinfo:
        raise WebError(WebErrorKind.INVALID, f"the address of {host} contains a name or password; leave it out")
    port = url.port or WEB_PORTS[url.scheme]
    if port not in WEB_PORTS.values() and port < MIN_FREE_PORT:
        raise WebError(WebErrorKind.FORBIDDEN, f"port {port} of {host} is not one of the web's; use 80 or 443")
    path = url.raw_path.decode("ascii") or "/"
    return Target(str(url.copy_with(fragment=None)), url.scheme, host, port, path)


def _is_below(host: str, named: str) -> bool:
    named = named.lower().strip(".")
    return host == named or host.endswith(f".{named}")
