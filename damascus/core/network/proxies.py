"""Which proxy a request goes through, from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, as curl reads them.

Lower case goes before upper case, also where it is empty. Never through a proxy: this machine and what is near it, as
other containers of a company, which no proxy for the way out can reach.

Not promised: scripts that choose a proxy (PAC), and the settings of a desktop.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from damascus.core.errors import Misconfigured
from damascus.core.redaction import remember_secret

SCHEMES = ("http", "https", "socks5", "socks5h")
PORTS = {"http": 80, "https": 443}
NEAR = ("localhost", "local", "lan", "internal", "home.arpa")  # the last parts of names that are given on the spot
_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*):(?P<port>\d+)")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy by its address, which may hold a password, and the variable that names it."""

    url: str
    variable: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def find_proxy(url: str, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for requests to `url`, None for a direct way.

    Raises Misconfigured if the variable that counts names none that can be used.
    """
    target = urlsplit(url)
    host = (target.hostname or "").rstrip(".")
    if is_near(host) or _is_excepted(host, target, _value("no_proxy", environment)[1]):
        return None
    for name in (f"{target.scheme}_proxy", "all_proxy"):
        variable, value = _value(name, environment)
        if value:
            return _checked(variable, value)
    return None


def is_near(host: str) -> bool:
    """Return True for this machine, its network, and names without a dot, such as other containers'."""
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_private or address.is_link_local
    return "." not in host or any(host == name or host.endswith(f".{name}") for name in NEAR)


def _value(name: str, environment: Mapping[str, str]) -> tuple[str, str]:
    for variable in (name, name.upper()):
        if variable in environment:
            return variable, environment[variable].strip()
    return name.upper(), ""


def _is_excepted(host: str, target: SplitResult, exceptions: str) -> bool:
    port = target.port or PORTS.get(target.scheme)
    return any(_fits(host, port, entry.lower()) for entry in re.split(r"[,\s]+", exceptions) if entry)


def _fits(host: str, port: int | None, entry: str) -> bool:
    """Return True if an entry of NO_PROXY means this host: `*`, a name and all below it, an address, a network."""
    if (found := _PORT.fullmatch(entry)) is not None:
        if int(found["port"]) != port:
            return False
        entry = found["host"]
    if entry == "*":
        return True
    address, entry = _address(host), entry.strip("[]")
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _checked(variable: str, value: str) -> Proxy:
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:  # never the value itself: it may hold a password
        raise Misconfigured(
            f"{variable} names no proxy that can be used; expected {', '.join(f'{each}://' for each in SCHEMES)} with "
            "HOST[:PORT], or NO_PROXY=* for none"
        )
    if parts.password:
        remember_secret(parts.password)
    return Proxy(parts._replace(path="", query="", fragment="").geturl(), variable)
