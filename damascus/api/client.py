"""The typed client of the office's API: each method is one route and returns its schema."""

from collections.abc import Iterator
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import httpx
from httpx_sse import SSEError, connect_sse
from pydantic import TypeAdapter, ValidationError

from damascus.api import schemas
from damascus.api.problem import ProblemDetails
from damascus.core.errors import (
    Conflict,
    DamascusError,
    Invalid,
    Misconfigured,
    NotFound,
    NotRunning,
    OverBudget,
    Unavailable,
)
from damascus.core.network import Route
from damascus.core.validation import explain

RESPONSE_TIMEOUT_SECONDS = 30
CLONE_TIMEOUT_SECONDS = 660  # the office clones before it responds
STREAM_TIMEOUT_SECONDS = 20  # the office says something at least every 15
_ERRORS: dict[int, type[DamascusError]] = {
    401: Misconfigured,
    402: OverBudget,
    403: Misconfigured,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    421: Misconfigured,
    422: Invalid,
    503: Unavailable,
}

ResponseT = TypeVar("ResponseT")
SchemaT = TypeVar("SchemaT", bound=schemas.Schema)


class OfficeClient:
    """A connection to one office.

    Every method raises NotRunning if the office does not respond, else the error that the office names. `retries` is
    how often a connection is tried again, with pauses of 0, 0.5, 1, 2 and 4 s between.
    """

    def __init__(self, url: str, token: str, retries: int = 0) -> None:
        self.url = url
        self._retries = retries
        _check_address(url)
        self._route = Route.to(url, "OFFICE_URL")
        way = self._route.client_options()
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=RESPONSE_TIMEOUT_SECONDS,
            transport=httpx.HTTPTransport(**way, retries=retries),
        )  # fmt: skip

    def health(self) -> schemas.Health:
        """Return the office's view of the parts it reaches; needs no token."""
        return self._get("/api/health", schemas.Health)

    def submit_directive(
        self, text: str, *, key: str, budget_microusd: int | None = None, playbook: str | None = None, **more: Any
    ) -> schemas.Directive:
        """Submit a directive; the same `key` submits it once only.

        `more` are `ask`, `quote`, `follows`, and of existing code its `repository` and `test_command`.
        """
        body = _body(schemas.DirectiveCreate, text=text, budget_microusd=budget_microusd, playbook=playbook, **more)
        return self._send("POST", "/api/directives", body, schemas.Directive, **{"Idempotency-Key": key})

    def directive(self, id: str) -> schemas.Directive:
        return self._get(f"/api/directives/{_part(id)}", schemas.Directive)

    def missions(self) -> Iterator[schemas.Mission]:
        """Yield all missions, newest first."""
        return self._items("/api/missions", schemas.Mission)

    def mission(self, name: str) -> schemas.MissionDetail:
        """Return a mission by id or slug."""
        return self._get(f"/api/missions/{_part(name)}", schemas.MissionDetail)

    def mission_tasks(self, name: str) -> Iterator[schemas.Task]:
        """Yield a mission's tasks in the order they were made."""
        return self._items(f"/api/missions/{_part(name)}/tasks", schemas.Task)

    def cancel_mission(self, name: str) -> schemas.MissionDetail:
        return self._send("POST", f"/api/missions/{_part(name)}/cancel", None, schemas.MissionDetail)

    def say(self, mission: str, to: str, text: str, *, key: str) -> schemas.Said:
        """Say something to a role of a running mission, or to `all`; the same `key` says it once only."""
        body = _body(schemas.SayRequest, to=to, text=text)
        path = f"/api/missions/{_part(mission)}/say"
        return self._send("POST", path, body, schemas.Said, **{"Idempotency-Key": key})

    def wake_mission(self, name: str) -> schemas.MissionDetail:
        """Let the models and the forge that a mission waits for be asked now. Raises Conflict if nothing waits."""
        return self._send("POST", f"/api/missions/{_part(name)}/wake", None, schemas.MissionDetail)

    def set_mission_budget(self, name: str, **limits: int | None) -> schemas.MissionDetail:
        """Set a mission's limits: `limit_microusd`, and `calls` and `tokens` of free models."""
        body = _body(schemas.LimitUpdate, **limits)
        return self._send("POST", f"/api/missions/{_part(name)}/budget", body, schemas.MissionDetail)

    def task(self, id: str) -> schemas.Task:
        return self._get(f"/api/tasks/{_part(id)}", schemas.Task)

    def trail(self, task_id: str) -> Iterator[schemas.Event]:
        """Yield the trail entries of a task, oldest first."""
        return self._items(f"/api/tasks/{_part(task_id)}/trail", schemas.Event)

    def turns(self, task_id: str) -> Iterator[schemas.Turn]:
        """Yield a task's transcript, oldest first."""
        return self._items(f"/api/tasks/{_part(task_id)}/turns", schemas.Turn)

    def reports(self, mission: str | None = None) -> Iterator[schemas.Report]:
        """Yield the reports of a mission, or all, newest first."""
        return self._items("/api/reports", schemas.Report, mission=mission)

    def sources(self, mission: str | None = None) -> Iterator[schemas.Source]:
        """Yield the pages that a mission read, or all, newest first; without their text."""
        return self._items("/api/sources", schemas.Source, mission=mission)

    def source(self, id: str, mission: str | None = None) -> schemas.SourceText:
        """Return a page with its text, by its id or its entry on the trail of a mission, None for the newest."""
        return self._get(f"/api/sources/{_part(id)}", schemas.SourceText, mission=mission)

    def memories(self, **only: str | None) -> Iterator[schemas.Memory]:
        """Yield what the company knows, newest first; `only` of a `kind`, an `owner`, a `status` or a `mission`."""
        return self._items("/api/memories", schemas.Memory, **only)

    def search_memories(self, query: str) -> list[schemas.Memory]:
        """Return what is most like a query, the likest first."""
        return self._get("/api/memories/search", schemas.Page[schemas.Memory], query=query).items

    def memories_about(self, subject: str) -> list[schemas.MemoryDetail]:
        """Return what the company knows about a mission, repository, role, page or topic, each with its origin."""
        return self._get("/api/memories/about", schemas.Page[schemas.MemoryDetail], subject=subject).items

    def memory(self, id: str) -> schemas.MemoryDetail:
        return self._get(f"/api/memories/{_part(id)}", schemas.MemoryDetail)

    def add_memory(self, content: str, *, key: str, **more: Any) -> schemas.Memory:
        """Keep what the CEO says; the same `key` keeps it once only."""
        body = _body(schemas.MemoryCreate, content=content, **more)
        return self._send("POST", "/api/memories", body, schemas.Memory, **{"Idempotency-Key": key})

    def edit_memory(self, id: str, **changes: Any) -> schemas.Memory:
        """Replace a memory by a changed one. Raises Conflict if it was replaced meanwhile."""
        return self._send("PATCH", f"/api/memories/{_part(id)}", _body(schemas.MemoryUpdate, **changes), schemas.Memory)

    def confirm_memory(self, id: str) -> schemas.Memory:
        """Put a proposed memory in force."""
        return self._send("POST", f"/api/memories/{_part(id)}/confirm", None, schemas.Memory)

    def forget_memory(self, id: str) -> schemas.Memory:
        """Delete a memory with all its versions; returns it as it was."""
        return self._send("DELETE", f"/api/memories/{_part(id)}", None, schemas.Memory)

    def report(self, mission: str, name: str) -> schemas.ReportText:
        return self._get(f"/api/reports/{_part(mission)}/{_part(name)}", schemas.ReportText)

    def desk(self) -> Iterator[schemas.DeskItem]:
        """Yield the open requests on the CEO's desk, newest first."""
        return self._items("/api/desk", schemas.DeskItem)

    def answer(self, id: str, text: str) -> schemas.DeskItem:
        """Answer a question on the desk."""
        body = _body(schemas.AnswerRequest, text=text)
        return self._send("POST", f"/api/desk/{_part(id)}/answer", body, schemas.DeskItem)

    def approve(self, id: str, limit_microusd: int | None = None) -> schemas.DeskItem:
        """Grant a permission, or raise a budget to `limit_microusd` (default: what was asked for)."""
        body = _body(schemas.ApproveRequest, limit_microusd=limit_microusd)
        return self._send("POST", f"/api/desk/{_part(id)}/approve", body, schemas.DeskItem)

    def deny(self, id: str, reason: str | None = None) -> schemas.DeskItem:
        """Deny a request; the agent reads the reason."""
        body = _body(schemas.DenyRequest, reason=reason)
        return self._send("POST", f"/api/desk/{_part(id)}/deny", body, schemas.DeskItem)

    def staff(self) -> Iterator[schemas.StaffMember]:
        return self._items("/api/staff", schemas.StaffMember)

    def budget(self) -> schemas.BudgetOverview:
        """Return what is spent, held and allowed."""
        return self._get("/api/budget", schemas.BudgetOverview)

    def set_budget(self, scope: schemas.Scope, **limits: int | None) -> schemas.Budget:
        """Set the limits of the company or of today: see `set_mission_budget`."""
        body = _body(schemas.LimitUpdate, **limits)
        return self._send("POST", f"/api/budget/{scope}", body, schemas.Budget)

    def policies(self) -> schemas.Policies:
        """Return every policy with its value."""
        return self._get("/api/policies", schemas.Policies)

    def set_policy(self, key: str, value: Any) -> schemas.Policies:
        """Set a policy; return all of them."""
        body = _body(schemas.PolicyUpdate, value=value)
        return self._send("PUT", f"/api/policies/{_part(key)}", body, schemas.Policies)

    def events(self, mission: str, after: int) -> Iterator[schemas.Event]:
        """Yield a mission's events after the seq `after` until the connection ends.

        To resume, call again with the last seq. Raises NotRunning only if there was no connection to an office.
        """
        query: dict[str, str | int] = {"after": after, "mission": mission}
        connected = False
        try:
            with connect_sse(self._http, "GET", "/api/events", params=query, timeout=STREAM_TIMEOUT_SECONDS) as source:
                connected = True
                if not source.response.is_success:
                    source.response.read()
                    self._raise_problem(source.response)
                for event in source.iter_sse():
                    if event.data:  # a ping between two events comes as one without data
                        yield schemas.Event.model_validate_json(event.data)
        except (SSEError, ValidationError):
            raise self._not_an_office(source.response) from None
        except httpx.TransportError as error:
            if not connected:
                raise self._not_running(error) from error

    def search(self, words: str) -> schemas.SearchResult:
        """Return what has all of these words, the likest first."""
        return self._get("/api/search", schemas.SearchResult, q=words)

    def make_login_code(self, kind: Literal["link", "pairing"]) -> schemas.LoginCode:
        """Make a code that logs one browser in, once."""
        return self._send("POST", "/api/sessions/codes", _body(schemas.LoginCodeRequest, kind=kind), schemas.LoginCode)

    def sessions(self) -> Iterator[schemas.WebSession]:
        """Yield the browsers that are logged in, newest first."""
        return self._items("/api/sessions", schemas.WebSession)

    def end_session(self, id: str) -> schemas.WebSession:
        """Log a browser out; returns its session as it was."""
        return self._send("DELETE", f"/api/sessions/{_part(id)}", None, schemas.WebSession)

    def _get(self, path: str, kind: type[ResponseT], /, **query: str | None) -> ResponseT:
        given = {key: value for key, value in query.items() if value is not None}
        try:
            try:
                response = self._http.get(path, params=given)
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if not self._retries:
                    raise
                response = self._http.get(path, params=given)  # it was cut off in the middle of its response
        except httpx.TransportError as error:
            raise self._not_running(error) from error
        return self._read(response, kind)

    def _send(
        self, method: str, path: str, body: schemas.Schema | None, kind: type[ResponseT], **headers: str
    ) -> ResponseT:
        content = "{}" if body is None else body.model_dump_json(exclude_defaults=True)
        try:
            response = self._http.request(
                method, path, content=content, headers={"Content-Type": "application/json", **headers},
                timeout=CLONE_TIMEOUT_SECONDS if getattr(body, "repository", None) else RESPONSE_TIMEOUT_SECONDS,
            )  # fmt: skip
        except httpx.TransportError as error:
            raise self._not_running(error) from error
        return self._read(response, kind)

    def _items(self, path: str, kind: type[SchemaT], /, **query: str | None) -> Iterator[SchemaT]:
        """Yield a list's items, page by page as they are asked for."""
        after: str | None = None
        while True:
            page = self._get(path, schemas.Page[kind], **query, after=after)  # type: ignore[valid-type]
            yield from page.items
            after = page.next
            if not after:
                return

    def _read(self, response: httpx.Response, kind: type[ResponseT]) -> ResponseT:
        if not response.is_success:
            self._raise_problem(response)
        try:
            return TypeAdapter(kind).validate_json(response.content)
        except ValidationError:
            raise self._not_an_office(response) from None

    def _raise_problem(self, response: httpx.Response) -> None:
        try:
            problem = ProblemDetails.model_validate_json(response.content)
        except ValidationError:
            raise self._not_an_office(response) from None
        raise _ERRORS.get(response.status_code, DamascusError)(problem.detail)

    def _not_running(self, error: Exception) -> NotRunning:
        if problem := self._route.problem(error):
            return NotRunning(problem)
        return NotRunning(f"the office at {self.url} does not respond ({error}); start it with `ceo up`")

    def _not_an_office(self, response: httpx.Response) -> NotRunning:
        kind = response.headers.get("content-type", "")
        if refused := self._route.refusal(response.status_code, kind, response.reason_phrase):
            return NotRunning(refused)
        return NotRunning(
            f"{self.url} responded with HTTP {response.status_code}, but not as the office would; check OFFICE_URL"
        )


def _body(kind: type[SchemaT], /, **values: Any) -> SchemaT:
    """Return a request's body; raises Invalid if a value does not fit it."""
    try:
        return kind(**values)
    except ValidationError as error:
        raise Invalid(explain(error)) from None


def _part(name: str) -> str:
    """Return a name as one part of a path."""
    return quote(name, safe="")


def _check_address(url: str) -> None:
    try:
        address = httpx.URL(url)
        usable = address.scheme in ("http", "https") and bool(address.host)
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise Misconfigured(f"OFFICE_URL is {url[:200]!r}; set it to an address such as http://127.0.0.1:5180")
