"""An office that answers as told, over real HTTP, in the shapes of the real one's own views."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Header, HTTPException, Request
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
        "needs": [], "worker": None, "spent_microusd": 100, "started_at": BORN, "finished_at": None,
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


def app(office: ScriptedOffice) -> FastAPI:  # noqa: C901 (one short function per route, none of them branches)
    app = FastAPI()

    @app.middleware("http")
    async def guard(request: Request, answer: Callable[[Request], Any]) -> Any:
        if request.url.path != "/api/health" and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"title": "no", "status": 401, "detail": "the bearer token is wrong"}, 401)
        return await answer(request)

    @app.exception_handler(HTTPException)
    async def problem(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"title": "x", "status": error.status_code, "detail": error.detail}, error.status_code)

    @app.get("/api/health")
    async def health() -> Any:
        return {
            "status": "ok", "company": "Test", "version": "1", "rehearsal": True, "model": "rehearsal",
            "forge": "local", "pid": 1,
            "checks": {"ledger": {"ok": True, "detail": "fine"}},
        }  # fmt: skip

    def directive(id: str) -> dict[str, Any]:
        about = views.DirectiveView(
            id=id, text="x", created_at=BORN, proposal=office.proposal, mission_id=office.starts
        )
        return about.model_dump(mode="json")

    @app.post("/api/directives", status_code=201)
    async def give(request: Request, idempotency_key: str = Header()) -> Any:
        office.asked.append(("directive", idempotency_key, await request.json()))
        return directive("dir_1")

    @app.get("/api/directives/{id}")
    async def show_directive(id: str) -> Any:
        return directive(id)

    @app.get("/api/missions")
    async def missions(after: str | None = None) -> Any:
        return office.page(office.missions, after)

    @app.get("/api/missions/{name}")
    async def show(name: str) -> Any:
        return office.find(name)

    @app.get("/api/missions/{name}/tasks")
    async def tasks(name: str) -> Any:
        return {"items": office.find(name).tasks, "next": None}

    @app.post("/api/missions/{name}/cancel")
    async def cancel(name: str) -> Any:
        if office.find(name).status in ENDED:
            raise HTTPException(409, "the mission has ended already")
        office.end(name, "cancelled")
        return office.find(name)

    @app.post("/api/missions/{name}/budget")
    async def mission_budget(name: str, request: Request) -> Any:
        office.change(office.find(name).id, **(await request.json()))
        return office.find(name)

    @app.post("/api/money/{what}")
    async def budget(what: str, request: Request) -> Any:
        limit = (await request.json())["limit_microusd"]
        return views.BudgetView(scope=what, spent_microusd=1_000_000, reserved_microusd=0, limit_microusd=limit)

    @app.get("/api/tasks/{id}")
    async def show_task(id: str) -> Any:
        found = [t for m in office.missions for t in m.tasks if t.id == id]
        if not found:
            raise HTTPException(404, "no such task")
        return found[0]

    @app.get("/api/tasks/{id}/trail")
    async def trail(id: str) -> Any:
        return {"items": [e for e in office.log if e["task_id"] == id], "next": None}

    @app.get("/api/reports")
    async def reports(mission: str | None = None) -> Any:
        of = [office.find(mission)] if mission else office.missions
        return {"items": [r for m in of for r in m.reports], "next": None}

    @app.get("/api/reports/{mission}/{name}")
    async def read(mission: str, name: str) -> Any:
        found = next(r for r in office.find(mission).reports if r.name == name)
        return {**found.model_dump(mode="json"), "text": f"# {name}\n\x1b[31mred\x1b[0m [bold]words[/bold]\n"}

    @app.get("/api/inbox")
    async def inbox() -> Any:
        return {"items": office.inbox, "next": None}

    @app.post("/api/inbox/{id}/{verb}")
    async def decide(id: str, verb: str, request: Request) -> Any:
        office.asked.append((verb, id, await request.json()))
        found = next((a for a in office.inbox if a.id == id), None)
        if found is None:
            raise HTTPException(404, f"nothing waits under {id}")
        return found.model_copy(update={"status": "denied" if verb == "deny" else "granted"})

    @app.get("/api/team")
    async def team() -> Any:
        member = views.MemberView(
            id="pm", name="Sarah Okafor", title="Product Manager", role="pm", worker="pm-1", alive=True, seen_at=BORN,
            working_on=["Make ideas"], spent_microusd=5_000,
        )  # fmt: skip
        return {"items": [member], "next": None}

    @app.get("/api/policies")
    async def policies() -> Any:
        return office.policies

    @app.put("/api/policies/{key}")
    async def put_policy(key: str, request: Request) -> Any:
        if key not in office.policies:
            raise HTTPException(404, f"there is no policy {key!r}")
        office.policies[key] = (await request.json())["value"]
        return office.policies

    @app.get("/api/events")
    async def events(after: int = 0, mission: str | None = None) -> Any:
        office.streams += 1
        office.on_stream()
        return StreamingResponse(_stream(office, after, mission), media_type="text/event-stream")

    return app


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
