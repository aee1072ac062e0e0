"""How requests leave this machine: through which proxy, trusting whom; one policy for every HTTP client of the company.

`route.py` is what a client is built from, `proxies.py` and `trust.py` are its two halves, `problems.py` says in words
what went wrong on the way. docs/decisions/0025-one-way-out.md says what may surprise.
"""

from damascus.core.network.proxies import Proxy, find_proxy
from damascus.core.network.route import Route
from damascus.core.network.trust import Trust, check_certificates, read_certificates

__all__ = ["Proxy", "Route", "Trust", "check_certificates", "find_proxy", "read_certificates"]
