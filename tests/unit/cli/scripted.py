"""What a scripted office holds: facts that a test changes where its story differs. No code but to build the schemas."""

from datetime import UTC, datetime
from typing import Any

from damascus.api import schemas

TOKEN = "a-token"
BORN = datetime(2026, 1, 1, tzinfo=UTC)
ENDED = ("succeeded", "failed", "cancelled")

HEALTH = {
    "status": "ok", "company": "Test", "version": "1", "rehearsal": True, "model": "rehearsal", "forge": "local",
    "pid": 1, "page": True, "checks": {"ledger": {"ok": True, "detail": "fine"}},
}  # fmt: skip
MISSION = {
    "playbook": "startup", "reason": None, "summary": None, "created_at": BORN, "seconds": 12.5,
    "spent_microusd": 1_234_500, "limit_microusd": 2_000_000, "rehearsal": False, "tasks": [], "reports": [],
    "repositories": [], "receipts": [], "waiting": [],
}  # fmt: skip
TASK = {
    "kind": "work", "role": "pm", "status": "working", "reason": None, "summary": None, "depends_on": [],
    "worker": None, "spent_microusd": 100, "started_at": BORN, "finished_at": None,
}  # fmt: skip
REPORT = {"task_id": "task_1", "author": "Sarah Okafor", "created_at": BORN}
REQUEST = {"task_id": "task_1", "role": "pm", "amount_microusd": 0, "status": "open", "created_at": BORN}
PROPOSAL = {"id": "prop_1", "status": "accepted", "reason": None}
MEMBER = {
    "id": "pm", "name": "Sarah Okafor", "title": "Product Manager", "role": "pm", "worker": "pm-1", "online": True,
    "seen_at": BORN, "working_on": ["Make ideas"], "spent_microusd": 5_000,
}  # fmt: skip
BUDGET = {"spent_microusd": 1_000_000, "reserved_microusd": 0, "limit_microusd": 20_000_000}
OVERVIEW = {
    "company": {"scope": "company", **BUDGET}, "day": {"scope": "day:2026-01-01", **BUDGET}, "missions": [],
    "time_zone": "Europe/Berlin", "roles": [], "models": [],
}  # fmt: skip
REPORT_TEXT = "# {name}\n\x1b[31mred\x1b[0m [bold]words[/bold]\n"


def mission(id: str, slug: str, status: str = "running", **more: Any) -> schemas.MissionDetail:
    own = {
        "id": id, "slug": slug, "status": status, "directive_id": f"dir_of_{slug}", "directive_text": f"Do {slug}",
        "finished_at": BORN if status in ENDED else None,
    }  # fmt: skip
    return schemas.MissionDetail.model_validate({**MISSION, **own, **more})


def task(mission_id: str, id: str, key: str, **more: Any) -> schemas.Task:
    own = {"id": id, "key": key, "mission_id": mission_id, "title": f"Make {key}"}
    return schemas.Task.model_validate({**TASK, **own, **more})


def report(mission_id: str, slug: str, name: str) -> schemas.Report:
    path = f"reports/{slug}/{name}.md"
    own = {
        "mission_id": mission_id, "mission_slug": slug, "name": name, "title": f"On {name}", "path": path,
        "absolute": f"/there/{path}",
    }  # fmt: skip
    return schemas.Report.model_validate({**REPORT, **own})


def request(id: str, mission_id: str, kind: str = "question", text: str = "Which one?") -> schemas.DeskItem:
    return schemas.DeskItem.model_validate({**REQUEST, "id": id, "mission_id": mission_id, "kind": kind, "text": text})


def event(seq: int, kind: str, mission_id: str, author: str, task_id: str | None, /, **payload: Any) -> schemas.Event:
    return schemas.Event(
        seq=seq, kind=kind, author=author, mission_id=mission_id, task_id=task_id, payload={"v": 1, **payload},
        created_at=BORN,
    )  # fmt: skip


SESSION = {
    "id": "ses_1", "device": "A browser\x1b[2J", "login": "link", "created_at": BORN,
    "seen_at": BORN, "expires_at": BORN,
}  # fmt: skip


def login_code(kind: str) -> dict[str, Any]:
    code = "ABCD2345" if kind == "pairing" else "a-long-code"
    path = "/login" if kind == "pairing" else f"/login#{code}"
    return {"kind": kind, "code": code, "path": path, "expires_at": BORN}
