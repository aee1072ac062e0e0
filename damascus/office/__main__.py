"""`python -m damascus.office`: migrates the ledger, then serves the API and runs the daemon until SIGTERM."""

import asyncio
import ipaddress
import json
import os
import socket
import ssl
import sys
from typing import Any

import uvicorn
import uvloop

from damascus.composition.company import open_company
from damascus.core import failpoints, log, settings
from damascus.core.errors import DamascusError, Misconfigured
from damascus.core.files import keep_from_others, write_whole
from damascus.core.settings import Settings
from damascus.ledger.migrate import upgrade
from damascus.office.app import create_app
from damascus.office.auth import read_or_make_desk_secret, read_or_make_token
from damascus.office.daemon import Daemon
from damascus.office.http_protocol import BoundedHttpProtocol
from damascus.office.request_guard import LOCAL_HOSTS, allowed_hosts
from damascus.work import desk
from damascus.work.budget import limits

# longer than clients keep an idle connection: if the office closed it first, a request might just be on its way
KEEP_ALIVE_SECONDS = 75


def main() -> int:
    """Serve until stopped. Returns the exit code: 2 for a wrong configuration, 1 for another failure."""
    try:
        config = settings.load()
        keep_from_others()
        log.configure_logging(file=config.log_file("office"))
        failpoints.arm_failpoints(config.company.faults, "office")
        uvloop.run(_serve(config))
    except Misconfigured as error:
        log.write_error(f"office: {error}")
        return 2
    except DamascusError as error:
        log.write_error(f"office: {error}")
        return 1
    return 0


async def _serve(config: Settings) -> None:
    token, desk_secret = read_or_make_token(config), read_or_make_desk_secret(config)
    async with open_company(config) as company:
        await company.bus.check_version()
        await upgrade(company.ledger)
        async with company.outbox.transaction() as tx:
            if await limits.ensure_company_limit(tx, config):
                await desk.resume_parked_for(tx, limits.COMPANY)
        listener = _listen(config)
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(company, token, allowed_hosts(config)),
                http=BoundedHttpProtocol,
                ws="none",
                proxy_headers=False,
                server_header=False,
                log_config=None,  # its own handlers would write past ours
                log_level="warning",
                timeout_graceful_shutdown=2,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                **_tls(config),
            )
        )
        _write_address(config, listener)
        daemon = asyncio.create_task(Daemon(company, desk_secret).run())
        daemon.add_done_callback(lambda _: setattr(server, "should_exit", True))  # an office without it is half dead
        try:
            await server.serve(sockets=[listener])
        finally:
            daemon.cancel()
            ended = (await asyncio.gather(daemon, return_exceptions=True))[0]
        if isinstance(ended, Exception):
            raise ended


def _listen(config: Settings) -> socket.socket:
    """Return a bound socket: on the port that it had before, so that readers of its events find it again.

    Else on the configured one, or on another free one if that is taken. An office for other machines, or in a
    container, has the configured port: nobody there would find another. Raises Misconfigured if it is taken.
    """
    is_local = config.office.host in LOCAL_HOSTS
    refused: OSError | None = None
    ports = (_earlier_port(config), config.office.port, 0) if is_local else (config.office.port,)
    for port in ports:
        try:
            listener = _bound(config.office.host, port)
        except OSError as error:
            refused = error
        else:
            _check_reach(config, listener)
            return listener
    raise Misconfigured(
        f"the office cannot listen on {_bracketed(config.office.host)}:{ports[-1]} (OFFICE_HOST, OFFICE_PORT): "
        f"{refused.strerror if refused else 'no address'}"
    ) from refused


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket on the first of a name's addresses that can be bound; `localhost` may be ::1 only.

    It listens at once: who reads its address waits until the server accepts, and no other process takes the port.
    """
    refused: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address[0] == "::":  # all addresses are meant, also where the machine keeps the two kinds apart
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            listener.bind(address)
            listener.listen()
        except OSError as error:
            listener.close()
            refused = error
        else:
            return listener
    raise refused or OSError(f"{host} has no address")


def _check_reach(config: Settings, listener: socket.socket) -> None:
    """Raise Misconfigured if other machines reach the office and it would speak HTTP, unless that is wanted."""
    address = ipaddress.ip_address(listener.getsockname()[0].partition("%")[0])
    if not (address.is_loopback or config.office.certificate or config.office.plain_http):
        listener.close()
        raise Misconfigured(
            f"office.host (OFFICE_HOST) is {config.office.host!r}, which other machines reach: set OFFICE_CERTIFICATE "
            "for TLS, or OFFICE_PLAIN_HTTP=true if the network is private or a proxy with TLS stands before it"
        )


def _tls(config: Settings) -> dict[str, Any]:
    """Return what the server is given for TLS, if anything. Raises Misconfigured if the certificate cannot be used."""
    office = config.office
    if not office.certificate:
        return {}
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            office.certificate, office.certificate_key or None, password=lambda: ""
        )
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"office.certificate (OFFICE_CERTIFICATE) {office.certificate} with its key (OFFICE_CERTIFICATE_KEY) "
            f"cannot be used: {error.strerror or error}; expected PEM files without a password"
        ) from error
    return {"ssl_certfile": office.certificate, "ssl_keyfile": office.certificate_key or None}


def _earlier_port(config: Settings) -> int:
    """Return the port in `office.json`, which the supervisor removes at the start: it is there after a crash only."""
    try:
        return int(json.loads((config.home / "office.json").read_text(encoding="utf-8"))["url"].rpartition(":")[2])
    except (OSError, ValueError, KeyError):
        return config.office.port


def _write_address(config: Settings, listener: socket.socket) -> None:
    """Write `.damascus/office.json`, where the CLI finds this office; a certificate is for the first of its names."""
    host, port = listener.getsockname()[:2]
    reach = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    if config.office.certificate:
        reach = next(filter(None, (name.strip() for name in config.office.hosts.split(","))), reach)
    url = f"{'https' if config.office.certificate else 'http'}://{_bracketed(reach)}:{port}"
    write_whole(config.home / "office.json", json.dumps({"url": url, "pid": os.getpid()}))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
