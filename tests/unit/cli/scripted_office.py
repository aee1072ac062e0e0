"""An office that answers as told, over real HTTP, in the schemas of the real one. ROUTES is all that it knows."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi.encoders import jsonable_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from damascus.api import schemas
from tests.unit.cli import scripted
from tests.unit.cli.scripted import BORN, ENDED, TOKEN


@dataclass
class ScriptedOffice:
    """Answers from what a test put here, newest mission first; `asked` is what it was told."""

    url: str
    missions: list[schemas.MissionDetail] = field(default_factory=list)
    desk: list[schemas.DeskItem] = field(default_factory=list)
    log: list[schemas.Event] = field(default_factory=list)
    turns: list[schemas.Turn] = field(default_factory=list)
    staff: list[dict[str, Any]] = field(default_factory=lambda: [scripted.MEMBER])
    policies: dict[str, Any] = field(default_factory=lambda: {"autonomy": {"spend": "ask"}})
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    proposal: dict[str, Any] = field(default_factory=lambda: scripted.PROPOSAL)
    starts: str | None = None  # the mission that a directive becomes
    page_size: int = 50
    cut_streams: int = 0  # how many event streams are cut after their first event
    streams: int = 0
    on_stream: Callable[[], None] = lambda: None

    def say(
        self, kind: str, mission_id: str, author: str = "pm", /, task_id: str | None = None, **payload: Any
    ) -> None:
        self.log.append(scripted.event(len(self.log) + 1, kind, mission_id, author, task_id, **payload))

    def find(self, name: str) -> schemas.MissionDetail:
        return one([m for m in self.missions if name in (m.id, m.slug)], f"there is no mission {name!r}")

    def change(self, name: str, **facts: Any) -> schemas.MissionDetail:
        id = self.find(name).id
        self.missions = [m.model_copy(update=facts) if m.id == id else m for m in self.missions]
        return self.find(id)

    def end(self, id: str, status: str, reason: str | None = None) -> schemas.MissionDetail:
        """The mission ends, in its row and in the log."""
        self.say("mission", id, "vp", id=id, before="running", after=status, reason=reason)
        return self.change(id, status=status, reason=reason, finished_at=BORN)

    def note(self, what: str, id: str, body: Any) -> None:
        self.asked.append((what, id, body))


@dataclass
class Asked:
    """A request: the names in its path, its query and body, and its Idempotency-Key."""

    names: dict[str, str]
    query: dict[str, str]
    body: Any
    key: str

    def __getitem__(self, name: str) -> str:
        return self.names[name]


def one(found: list[Any], missing: str) -> Any:
    if not found:
        raise HTTPException(404, missing)
    return found[0]


def listed(items: list[Any]) -> dict[str, Any]:
    return {"items": items, "next": None}


def page(office: ScriptedOffice, asked: Asked) -> dict[str, Any]:
    ids, after = [mission.id for mission in office.missions], asked.query.get("after")
    start = ids.index(after) + 1 if after else 0
    chosen = office.missions[start : start + office.page_size]
    return {"items": chosen, "next": chosen[-1].id if start + office.page_size < len(ids) else None}


def directive(office: ScriptedOffice, id: str) -> dict[str, Any]:
    return {"id": id, "text": "x", "created_at": BORN, "proposal": office.proposal, "mission_id": office.starts}


def submit(office: ScriptedOffice, asked: Asked) -> dict[str, Any]:
    office.note("directive", asked.key, asked.body)
    return directive(office, "dir_1")


def cancel(office: ScriptedOffice, name: str) -> Any:
    if office.find(name).status in ENDED:
        raise HTTPException(409, "the mission has ended already")
    return office.end(office.find(name).id, "cancelled")


def wake(office: ScriptedOffice, name: str) -> Any:
    found = office.find(name)
    if found.status in ENDED:
        raise HTTPException(409, f"nothing of {found.slug} waits for a model or for the forge")
    office.note("wake", name, None)
    return found


def reports(office: ScriptedOffice, mission: str | None) -> list[schemas.Report]:
    return [report for m in ([office.find(mission)] if mission else office.missions) for report in m.reports]


def read(office: ScriptedOffice, mission: str, name: str) -> dict[str, Any]:
    found = one([report for report in office.find(mission).reports if report.name == name], "no such report")
    return {**found.model_dump(mode="json"), "text": scripted.REPORT_TEXT.format(name=name)}


def decide(office: ScriptedOffice, asked: Asked) -> Any:
    office.note(asked["verb"], asked["id"], asked.body)
    found = one([item for item in office.desk if item.id == asked["id"]], f"nothing waits under {asked['id']}")
    status = {"deny": "denied", "answer": "answered", "approve": "granted"}[asked["verb"]]
    return found.model_copy(update={"status": status})


def set_policy(office: ScriptedOffice, key: str, value: Any) -> dict[str, Any]:
    one([key] if key in office.policies else [], f"there is no policy {key!r}")
    office.policies[key] = value
    return office.policies


def set_limit(scope: str, limit: int) -> dict[str, Any]:
    return {
        "scope": "day:2026-01-01" if scope == "day" else scope,
        "spent_microusd": 1_000_000,
        "reserved_microusd": 0,
        "limit_microusd": limit,
    }


ROUTES: dict[tuple[str, str], Callable[[ScriptedOffice, Asked], Any]] = {
    ("GET", "/api/health"): lambda office, asked: scripted.HEALTH,
    ("POST", "/api/directives"): submit,
    ("GET", "/api/directives/{id}"): lambda office, asked: directive(office, asked["id"]),
    ("GET", "/api/missions"): page,
    ("GET", "/api/missions/{name}"): lambda office, asked: office.find(asked["name"]),
    ("GET", "/api/missions/{name}/tasks"): lambda office, asked: listed(office.find(asked["name"]).tasks),
    ("POST", "/api/missions/{name}/cancel"): lambda office, asked: cancel(office, asked["name"]),
    ("POST", "/api/missions/{name}/wake"): lambda office, asked: wake(office, asked["name"]),
    ("POST", "/api/missions/{name}/budget"): lambda office, asked: office.change(asked["name"], **asked.body),
    ("GET", "/api/budget"): lambda office, asked: scripted.OVERVIEW,
    ("POST", "/api/budget/{scope}"): lambda office, asked: set_limit(asked["scope"], asked.body["limit_microusd"]),
    ("GET", "/api/tasks/{id}"): lambda office, asked: one(
        [task for m in office.missions for task in m.tasks if task.id == asked["id"]], "no such task"
    ),
    ("GET", "/api/tasks/{id}/trail"): lambda office, asked: listed([e for e in office.log if e.task_id == asked["id"]]),
    ("GET", "/api/tasks/{id}/turns"): lambda office, asked: listed(office.turns),
    ("GET", "/api/reports"): lambda office, asked: listed(reports(office, asked.query.get("mission"))),
    ("GET", "/api/reports/{mission}/{name}"): lambda office, asked: read(office, asked["mission"], asked["name"]),
    ("GET", "/api/desk"): lambda office, asked: listed(office.desk),
    ("POST", "/api/desk/{id}/{verb}"): decide,
    ("POST", "/api/sessions/codes"): lambda office, asked: scripted.login_code(asked.body.get("kind", "link")),
    ("GET", "/api/sessions"): lambda office, asked: listed([scripted.SESSION]),
    ("DELETE", "/api/sessions/{id}"): lambda office, asked: one(
        [scripted.SESSION] if asked["id"] == scripted.SESSION["id"] else [], "there is no such session"
    ),
    ("GET", "/api/staff"): lambda office, asked: listed(office.staff),
    ("GET", "/api/policies"): lambda office, asked: office.policies,
    ("PUT", "/api/policies/{key}"): lambda office, asked: set_policy(office, asked["key"], asked.body["value"]),
}


def app(office: ScriptedOffice) -> Starlette:
    """The office as an ASGI app: every route of ROUTES, and the event stream."""

    def endpoint(reply: Callable[[ScriptedOffice, Asked], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if request.url.path != "/api/health" and request.headers.get("authorization") != f"Bearer {TOKEN}":
                raise HTTPException(401, "the bearer token is wrong")
            body = json.loads(await request.body() or b"null")
            key = request.headers.get("idempotency-key", "")
            asked = Asked(dict(request.path_params), dict(request.query_params), body, key)
            return JSONResponse(jsonable_encoder(reply(office, asked)))

        return answer

    async def events(request: Request) -> StreamingResponse:
        office.streams += 1
        office.on_stream()
        after, mission = int(request.query_params.get("after", 0)), request.query_params.get("mission")
        return StreamingResponse(stream(office, after, mission), media_type="text/event-stream")

    def problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return JSONResponse({"title": "x", "status": error.status_code, "detail": error.detail}, error.status_code)

    routes = [Route(path, endpoint(reply), methods=[method]) for (method, path), reply in ROUTES.items()]
    return Starlette(routes=[*routes, Route("/api/events", events)], exception_handlers={HTTPException: problem})


async def stream(office: ScriptedOffice, after: int, mission: str | None) -> AsyncIterator[str]:
    cut = office.streams <= office.cut_streams
    yield ": the company's log\n\n"
    for _ in range(2000):
        for event in office.log[after:]:
            after = event.seq
            if mission in (None, event.mission_id):
                yield f"id: {after}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
                if cut:
                    return
        await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Ceo = Callable[..., Said]
