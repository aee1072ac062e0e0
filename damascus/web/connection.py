"""Connections to public addresses only: what was checked is what is connected to.

The check is made where the connection is, so redirects, names that change their address between two looks, and names
that have a private address among others cannot get around it. TLS still checks the certificate against the name. No
proxy is used: one from the environment would resolve names itself.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import httpcore

from damascus.core.network.addresses import is_public
from damascus.web.targets import HostPolicy

Resolve = Callable[[str, int], Awaitable[list[str]]]

CONNECT_SECONDS = 10.0
DNS_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 15.0
MAX_CONNECTIONS = 20


class PrivateAddress(httpcore.ConnectError):
    """A name leads to an address that is not public."""


class NoAddress(httpcore.ConnectError):
    """A name leads to no address."""


class _PublicBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, policy: HostPolicy, resolve: Resolve) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._policy = policy
        self._resolve = resolve

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:  # fmt: skip
        try:
            async with asyncio.timeout(DNS_SECONDS):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise NoAddress(f"the name {host} could not be looked up within {DNS_SECONDS:.0f} s") from None
        if not addresses:
            raise NoAddress(f"the name {host} leads to no address")
        if not self._policy.may_be_private(host, port) and not all(map(is_public, addresses)):
            raise PrivateAddress(f"{host} leads to an address that is not public")
        for address in addresses[:-1]:  # each was checked; a host may be away at the first of them
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_args: Any, **_options: Any) -> httpcore.AsyncNetworkStream:
        raise PrivateAddress("no page is behind a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Return the addresses that this machine's resolver has for a name, none if it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(info[4][0]) for info in found]


def public_connections(policy: HostPolicy, resolve: Resolve = resolve_by_system) -> httpcore.AsyncConnectionPool:
    """Return the pool of connections that pages are read over."""
    return httpcore.AsyncConnectionPool(
        ssl_context=ssl.create_default_context(), max_connections=MAX_CONNECTIONS,
        keepalive_expiry=KEEP_ALIVE_SECONDS, http1=True, http2=False,
        network_backend=_PublicBackend(policy, resolve),
    )  # fmt: skip
