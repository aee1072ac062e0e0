"""An office that answers as told, over real HTTP, in the shapes of the real one's own views."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse

from damascus.office import views

TOKEN = "a-token"
BORN = datetime(2026, 1, 1, tzinfo=UTC)
ENDED = ("succeeded", "failed", "cancelled")


def mission(id: str, slug: str, status: str = "running", **more: Any) -> views.MissionDetail:
    """A mission as the real office would show it: its own view says what there is."""
    facts = {
        "directive_id": f"dir_of_{slug}", "directive": f"Do {slug}", "playbook": "startup", "reason": None,
        "summary": None, "created_at": BORN, "finished_at": BORN if status in ENDED else None, "seconds": 12.5,
        "spent_microusd": 1_234_500, "limit_microusd": 2_000_000, "rehearsal": False, "tasks": [], "reports": [],
        "repositories": [], "receipts": [], "waiting": [],
    }  # fmt: skip
    return views.MissionDetail.model_validate({**facts, **more, "id": id, "slug": slug, "status": status})


def task(mission_id: str, id: str, key: str, **more: Any) -> views.TaskView:
    facts = {
        "kind": "work", "title": f"Make {key}", "role": "pm", "status": "working", "reason": None, "summary": None,
        "attempt": 1, "needs": [], "worker": None, "spent_microusd": 100, "started_at": BORN, "finished_at": None,
    }  # fmt: skip
    return views.TaskView.model_validate({**facts, **more, "id": id, "key": key, "mission_id": mission_id})


def report(mission_id: str, slug: str, name: str) -> views.ReportView:
    return views.ReportView(
        mission_id=mission_id, mission_slug=slug, name=name, title=f"On {name}", path=f"reports/{slug}/{name}.md",
        absolute=f"/there/reports/{slug}/{name}.md", task_id="task_1", author="Sarah Okafor", created_at=BORN,
    )  # fmt: skip


def request(id: str, mission_id: str, kind: str = "question", text: str = "Which one?") -> views.ApprovalView:
    return views.ApprovalView(
        id=id, kind=kind, mission_id=mission_id, task_id="task_1", role="pm", text=text, amount_microusd=0,
        status="open", created_at=BORN,
    )  # fmt: skip


@dataclass
class ScriptedOffice:
    """Answers from what a test put here, newest mission first; `asked` is what it was told."""

    url: str
    missions: list[views.MissionDetail] = field(default_factory=list)
    inbox: list[views.ApprovalView] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    policies: dict[str, Any] = field(default_factory=lambda: {"autonomy": {"spend": "ask"}})
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    proposal: views.ProposalView = field(
        default_factory=lambda: views.ProposalView(id="prop_1", status="accepted", reason=None)
    )
    starts: str | None = None  # the mission that a directive becomes
    page_size: int = 50
    cut_streams: int = 0  # how many event streams are cut after their first event
    streams: int = 0
    on_stream: Callable[[], None] = lambda: None

    def say(
        self, kind: str, mission_id: str, author: str = "pm", /, task_id: str | None = None, **payload: Any
    ) -> None:
        event = views.EventView(
            seq=len(self.log) + 1, kind=kind, author=author, mission_id=mission_id, task_id=task_id,
            payload={"v": 1, **payload}, created_at=BORN,
        )  # fmt: skip
        self.log.append(event.model_dump(mode="json"))

    def find(self, name: str) -> views.MissionDetail:
        for one in self.missions:
            if name in (one.id, one.slug):
                return one
        raise HTTPException(404, f"there is no mission {name!r}")

    def change(self, id: str, **facts: Any) -> None:
        self.missions = [m.model_copy(update=facts) if m.id == id else m for m in self.missions]

    def end(self, id: str, status: str, reason: str | None = None) -> None:
        """The mission ends, in its row and in the log."""
        self.change(id, status=status, reason=reason, finished_at=BORN)
        self.say("mission", id, "vp", id=id, before="running", after=status, reason=reason)

    def page(self, items: list[Any], after: str | None) -> dict[str, Any]:
        ids = [item.id for item in items]
        start = ids.index(after) + 1 if after else 0
        chosen = items[start : start + self.page_size]
        more = start + self.page_size < len(items)
        return {"items": chosen, "next": chosen[-1].id if more else None}


@dataclass(frozen=True)
class Asked:
    """A request as a route's answer reads it."""

    names: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


HEALTH = {
    "status": "ok", "company": "Test", "version": "1", "rehearsal": True, "model": "rehearsal", "forge": "local",
    "pid": 1, "checks": {"ledger": {"ok": True, "detail": "fine"}},
}  # fmt: skip
MEMBER = views.MemberView(
    id="pm", name="Sarah Okafor", title="Product Manager", role="pm", worker="pm-1", alive=True, seen_at=BORN,
    working_on=["Make ideas"], spent_microusd=5_000,
)  # fmt: skip
TEXT = "\n\x1b[31mred\x1b[0m [bold]words[/bold]\n"


def _all(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": list(items), "next": None}


def _directive(office: ScriptedOffice, id: str) -> dict[str, Any]:
    about = views.DirectiveView(id=id, text="x", created_at=BORN, proposal=office.proposal, mission_id=office.starts)
    return about.model_dump(mode="json")


def _give(office: ScriptedOffice, asked: Asked) -> Any:
    office.asked.append(("directive", asked.headers["idempotency-key"], asked.body))
    return _directive(office, "dir_1")


def _cancel(office: ScriptedOffice, asked: Asked) -> Any:
    if office.find(asked.names["name"]).status in ENDED:
        raise HTTPException(409, "the mission has ended already")
    office.end(asked.names["name"], "cancelled")
    return office.find(asked.names["name"])


def _limit_mission(office: ScriptedOffice, asked: Asked) -> Any:
    office.change(office.find(asked.names["name"]).id, **asked.body)
    return office.find(asked.names["name"])


def _limit(_: ScriptedOffice, asked: Asked) -> Any:
    limit = asked.body["limit_microusd"]
    return views.BudgetView(
        scope=asked.names["what"], spent_microusd=1_000_000, reserved_microusd=0, limit_microusd=limit
    )


def _task(office: ScriptedOffice, asked: Asked) -> Any:
    found = [t for m in office.missions for t in m.tasks if t.id == asked.names["id"]]
    if not found:
        raise HTTPException(404, "no such task")
    return found[0]


def _reports(office: ScriptedOffice, asked: Asked) -> Any:
    of = [office.find(asked.query["mission"])] if "mission" in asked.query else office.missions
    return _all(r for m in of for r in m.reports)


def _read(office: ScriptedOffice, asked: Asked) -> Any:
    name = asked.names["name"]
    found = next(r for r in office.find(asked.names["mission"]).reports if r.name == name)
    return {**found.model_dump(mode="json"), "text": f"# {name}{TEXT}"}


def _decide(office: ScriptedOffice, asked: Asked) -> Any:
    id, verb = asked.names["id"], asked.names["verb"]
    office.asked.append((verb, id, asked.body))
    found = next((a for a in office.inbox if a.id == id), None)
    if found is None:
        raise HTTPException(404, f"nothing waits under {id}")
    return found.model_copy(update={"status": "denied" if verb == "deny" else "granted"})


def _put_policy(office: ScriptedOffice, asked: Asked) -> Any:
    if asked.names["key"] not in office.policies:
        raise HTTPException(404, f"there is no policy {asked.names['key']!r}")
    office.policies[asked.names["key"]] = asked.body["value"]
    return office.policies


def _events(office: ScriptedOffice, asked: Asked) -> Any:
    office.streams += 1
    office.on_stream()
    lines = _stream(office, int(asked.query.get("after", 0)), asked.query.get("mission"))
    return StreamingResponse(lines, media_type="text/event-stream")


ROUTES: dict[str, Callable[[ScriptedOffice, Asked], Any]] = {
    "GET /api/health": lambda office, asked: HEALTH,
    "POST /api/directives": _give,
    "GET /api/directives/{id}": lambda office, asked: _directive(office, asked.names["id"]),
    "GET /api/missions": lambda office, asked: office.page(office.missions, asked.query.get("after")),
    "GET /api/missions/{name}": lambda office, asked: office.find(asked.names["name"]),
    "GET /api/missions/{name}/tasks": lambda office, asked: _all(office.find(asked.names["name"]).tasks),
    "POST /api/missions/{name}/cancel": _cancel,
    "POST /api/missions/{name}/budget": _limit_mission,
    "POST /api/money/{what}": _limit,
    "GET /api/tasks/{id}": _task,
    "GET /api/tasks/{id}/trail": lambda office, asked: _all(e for e in office.log if e["task_id"] == asked.names["id"]),
    "GET /api/reports": _reports,
    "GET /api/reports/{mission}/{name}": _read,
    "GET /api/inbox": lambda office, asked: _all(office.inbox),
    "POST /api/inbox/{id}/{verb}": _decide,
    "GET /api/team": lambda office, asked: _all([MEMBER]),
    "GET /api/policies": lambda office, asked: office.policies,
    "PUT /api/policies/{key}": _put_policy,
    "GET /api/events": _events,
}


def app(office: ScriptedOffice) -> FastAPI:
    """The scripted office over HTTP, behind the token."""
    app = FastAPI()

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Any]) -> Any:
        if request.url.path != "/api/health" and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"title": "no", "status": 401, "detail": "the bearer token is wrong"}, 401)
        return await answer(request)

    @app.exception_handler(HTTPException)
    async def problem(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"title": "x", "status": error.status_code, "detail": error.detail}, error.status_code)

    for route, answer in ROUTES.items():
        method, path = route.split()
        code = 201 if route == "POST /api/directives" else 200
        app.add_api_route(path, _endpoint(office, answer), methods=[method], status_code=code)
    return app


def _endpoint(office: ScriptedOffice, answer: Callable[[ScriptedOffice, Asked], Any]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Any:
        body = None if request.method == "GET" else await request.json()
        return answer(office, Asked(request.path_params, request.query_params, request.headers, body))

    return endpoint


async def _stream(office: ScriptedOffice, after: int, mission: str | None) -> AsyncIterator[str]:
    cut = office.streams <= office.cut_streams
    yield ": the company's log\n\n"
    for _ in range(2000):
        for event in office.log[after:]:
            after = event["seq"]
            if mission in (None, event["mission_id"]):
                yield f"id: {after}\nevent: {event['kind']}\ndata: {json.dumps(event)}\n\n"
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
