"""The way to one server: what a client of it is built from, and what to say when the way is the problem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from damascus.core.errors import Misconfigured
from damascus.core.network.problems import (
    certificate_code_in,
    certificate_problem,
    is_of_the_connection,
    is_proxys_error,
    names_the_proxy,
    tls_problem,
)
from damascus.core.network.proxies import Proxy, find_proxy
from damascus.core.network.trust import Trust, check_certificates
from damascus.core.settings.environment import network_variables
from damascus.core.text import one_line

PROXY_STATUSES = (403, 502, 503, 504, 511)  # what proxies also say in the server's place, with a page of their own
WANTS_LOGIN = 407
MAX_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the server at `url`, which `url_setting` names; `proxy` is None for the direct one."""

    url: str
    url_setting: str
    proxy: Proxy | None
    trust: Trust

    @classmethod
    def to(
        cls, url: str, url_setting: str, ca: str = "", ca_setting: str = "SSL_CERT_FILE", *, verify: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> "Route":  # fmt: skip
        """Find the way; `ca` are certificates to trust, a file or a folder.

        Raises Misconfigured if there are none at `ca`, or if the proxy that counts or the address is not usable.
        """
        try:
            urlsplit(url).port  # noqa: B018
        except ValueError:  # never the address itself: it may hold a password
            raise Misconfigured(f"{url_setting} is not an address; expected http://HOST:PORT or https://HOST") from None
        check_certificates(ca, ca_setting)
        variables = network_variables() if environment is None else environment
        return cls(url, url_setting, find_proxy(url, variables), Trust(ca, ca_setting, variables, verify))

    def client_options(self) -> dict[str, Any]:
        """Return what a client of `httpx` or `httpx2` is built with. Raises Misconfigured for a wrong certificate file.

        Without encryption no certificate is read: it takes a while.
        """
        encrypted = self.url.startswith("https:") or (self.proxy is not None and self.proxy.url.startswith("https:"))
        proxy = self.proxy.url if self.proxy else None
        return {"trust_env": False, "proxy": proxy, "verify": self.trust.context() if encrypted else False}

    def problem(self, error: BaseException) -> str | None:
        """Return what is wrong with the way if this error of a client comes from there, and what to do."""
        found = tls_problem(error, self._host, self.url_setting, self.trust.setting)
        if found is not None:
            return found
        if self.proxy is not None and is_proxys_error(error):
            return self._proxy_refused(one_line(str(error), MAX_REASON_CHARS))
        if self.proxy is not None and is_of_the_connection(error):
            reason = one_line(str(error), MAX_REASON_CHARS) or "no reason was given"
            return f"the proxy {self.proxy} ({self.proxy.variable}) does not respond ({reason}); {self._else}"
        return None

    def problem_in(self, said: str) -> str | None:
        """Return what is wrong with the way if a program that uses libcurl, such as git, says so in its own words."""
        code = certificate_code_in(said)
        if code is not None:
            return certificate_problem(code, said, self._host, self.url_setting, self.trust.setting)
        if self.proxy is not None and (names_the_proxy(said) or f"connect to {self.proxy.host}" in said):
            return self._proxy_refused(one_line(said, MAX_REASON_CHARS))
        return None

    def refusal(self, status: int, kind: str, words: str) -> str | None:
        """Return what is wrong if an answer (its status, Content-Type and text) is the proxy's and not the server's."""
        if self.proxy is None or self.url.startswith("https:") or "json" in kind:
            return None
        if status != WANTS_LOGIN and status not in PROXY_STATUSES:
            return None
        return self._proxy_refused(f"{status} {one_line(words, MAX_REASON_CHARS)}".strip())

    @property
    def by_proxy(self) -> str:
        """Return a remark for an answer that may be the proxy's; empty where it cannot be."""
        if self.proxy is None or self.url.startswith("https:"):
            return ""
        return f", perhaps that of the proxy {self.proxy} ({self.proxy.variable})"

    def _proxy_refused(self, reason: str) -> str:
        assert self.proxy is not None
        login = str(WANTS_LOGIN) in reason or "auth" in reason.lower()
        fix = f"put its user and password into {self.proxy.variable}, or " if login else ""
        return f"the proxy {self.proxy} ({self.proxy.variable}) refused ({reason}); {fix}{self._else}"

    @property
    def _else(self) -> str:
        assert self.proxy is not None
        return f"correct {self.proxy.variable}, or name {self._host} in NO_PROXY if it is reached without it"

    @property
    def _host(self) -> str:
        return urlsplit(self.url).hostname or self.url
