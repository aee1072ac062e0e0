"""The office as the command line sees it: where it is, and its API over HTTP."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from damascus.cli.exits import NotRunning
from damascus.core.errors import Conflict, DamascusError, Invalid, Misconfigured, NotFound, OverBudget, Unavailable
from damascus.core.settings import Settings
from damascus.supervisor.state import is_locked

SECONDS = 30
RESTART_TRIES = 5  # with pauses of 0, 0.5, 1, 2 and 4 s between
STREAM_SECONDS = 20  # the office says something at least every 15
_ERRORS: dict[int, type[DamascusError]] = {
    401: Misconfigured,
    402: OverBudget,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    503: Unavailable,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the company's log."""

    seq: int
    kind: str
    data: dict[str, Any]


class Office:
    """A connection; every method raises NotRunning when nobody answers, else what the office says is wrong."""

    def __init__(self, url: str, token: str, tries: int = 0) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}"}
        transport = httpx.HTTPTransport(retries=tries)
        _check_address(url)
        self._http = httpx.Client(base_url=url, headers=headers, timeout=SECONDS, trust_env=False, transport=transport)
        self._tries = tries

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params={key: value for key, value in query.items() if value is not None})

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        return self._ask("POST", path, json=body or {}, headers=headers)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PUT", path, json=body)

    def items(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """A list's items, page by page as they are asked for."""
        after: str | None = None
        while True:
            page = self.get(path, **{**query, **({"after": after} if after else {})})
            yield from page["items"]
            after = page.get("next")
            if not after:
                return

    def events(self, mission: str | None, after: int) -> Iterator[Event]:
        """The log from `after` on, until the connection ends; call again with the last seq to go on."""
        query: dict[str, str | int] = {"after": after, **({"mission": mission} if mission else {})}
        try:
            with self._http.stream("GET", "/api/events", params=query, timeout=STREAM_SECONDS) as answer:
                if answer.status_code != 200:
                    answer.read()
                    self._check(answer)
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        data = json.loads(line.removeprefix("data: "))
                        yield Event(data["seq"], data["kind"], data)
                    elif line.startswith(":"):
                        yield Event(0, "", {})  # a sign of life: lets the reader look at its clock
        except (httpx.TransportError, ValueError):  # cut off, perhaps within a line
            return

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            try:
                answer = self._http.request(method, path, **options)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if method != "GET" or not self._tries:
                    raise
                answer = self._http.request(method, path, **options)  # it was cut off in the middle of its answer
        except httpx.TransportError as error:
            raise NotRunning(f"the office at {self.url} does not answer ({error}); start it with `ceo up`") from error
        return self._check(answer)

    def _check(self, answer: httpx.Response) -> Any:
        try:
            said = answer.json()
            if answer.is_success:
                return said
            detail = str(said["detail"])
        except (ValueError, KeyError, TypeError):
            raise NotRunning(
                f"{self.url} answered {answer.status_code}, which is not an office's answer; is the company running?"
            ) from None
        raise _ERRORS.get(answer.status_code, DamascusError)(detail)


def _check_address(url: str) -> None:
    try:
        address = httpx.URL(url)
        usable = address.scheme in ("http", "https") and bool(address.host)
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise Misconfigured(f"{url[:200]!r} is no address of an office, such as http://127.0.0.1:5180: mend OFFICE_URL")


def find_office(settings: Settings) -> Office:
    """The running company's office; raises NotRunning when there is no trace of one."""
    # while the supervisor runs, an office that does not answer is being started again
    return Office(_url(settings), _token(settings), tries=RESTART_TRIES if is_locked(settings.home) else 0)


def healthy(settings: Settings) -> dict[str, Any] | None:
    """What the office says of itself, None when it does not answer (or is another company's, whose token differs)."""
    try:
        office = Office(_url(settings), _token(settings))
        health: dict[str, Any] = office.get("/api/health")
        if not is_locked(settings.home):
            office.get("/api/policies")
    except DamascusError:
        return None
    return health if "checks" in health else None


def _url(settings: Settings) -> str:
    if settings.office.url:
        return settings.office.url
    try:
        found = json.loads((settings.home / "office.json").read_text(encoding="utf-8"))["url"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotRunning("the company is not running here; start it with `ceo up --detach` or `ceo run`") from error
    return str(found)


def _token(settings: Settings) -> str:
    given = settings.office.token.get_secret_value()
    if given:
        return given
    path = settings.home / "token"
    try:
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise NotRunning(f"there is no token at {path}; set OFFICE_TOKEN or start the company") from error
    except UnicodeDecodeError:
        token = ""
    if not token.isprintable() or not token:
        raise Misconfigured(f"{path} holds no token; `ceo down`, remove it, and the company makes another")
    return token
