"""Is a model's server in the own network, and so likely the owner's, where calls cost nothing?

Judged by what the address says: names are not looked up, since what a name leads to may change from call to call. A
name without a dot is a service of compose or a machine beside this one. What answers in the own network may still be a
proxy to a provider: its list of prices tells (`proxy_prices.py`), or the cost that it reports, or that the model's name
is one of those whose weights nobody else has.
"""

import ipaddress
import re
from urllib.parse import urlsplit

_PRIVATE_DOMAINS = (".local", ".lan", ".home", ".internal", ".localdomain", ".localhost", ".home.arpa", ".test")
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # of carriers and of overlay networks such as Tailscale's
_ONLY_SOLD = re.compile(r"(?:^|/)(?:chatgpt|claude|gemini|gpt-?(?!oss)\d|grok|o\d(?:-|$)|sonar|nova-)", re.IGNORECASE)


def is_in_own_network(base_url: str) -> bool:
    """Return True if the address is this machine's or one of a private network, as far as it is written."""
    host = (urlsplit(base_url).hostname or "").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_PRIVATE_DOMAINS)) and not host.isdigit()
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_unspecified or mapped.is_loopback or mapped.is_link_local:
        return True
    return mapped.is_private or (mapped.version == 4 and mapped in _SHARED)


def is_only_sold(model: str) -> bool:
    """Return True for a model that only its provider has: a server in the own network passes its calls on."""
    return _ONLY_SOLD.search(model) is not None
