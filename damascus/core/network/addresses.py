"""Which addresses are public: those that belong to the internet, and to nobody's own network or machine.

Python's `is_global` is the beginning; what it calls global although a gateway or cloud gives it to something private
is listed here (tried with Python 3.11 to 3.13).
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_PRIVATE: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments, such as NAT64's discovery
            "192.88.99.0/24",  # relays of 6to4
            "168.63.129.16/32",  # the platform's own services on Azure
            "64:ff9b::/96",  # NAT64: an IPv4 address inside
            "64:ff9b:1::/48",  # NAT64 of a network's own
            "2002::/16",  # 6to4: an IPv4 address inside
            "2001::/23",  # IETF protocol assignments: Teredo and ORCHID among them
            "::/96",  # IPv4-compatible
            "::ffff:0:0/96",  # IPv4-mapped
            "::ffff:0:0:0/96",  # IPv4-translated
            "fec0::/10",  # site-local
            "5f00::/16",  # segment routing
        ),
    )
)


def is_public(address: str) -> bool:
    """Return whether `address`, an IPv4 or IPv6 address in digits, may be connected to for a page."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified:
        return False
    return not any(parsed in network for network in _PRIVATE if network.version == parsed.version)
