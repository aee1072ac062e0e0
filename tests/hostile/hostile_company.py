"""The stage of the hostile suite: one company whose model plays every misbehaviour, each in a mission of its own.

A misbehaviour is one YAML file in misbehaviours/, in the rehearsal's script format. `<root>`, `<home>`, `<shared>`,
`<secret>`, `<model>` and `<pids>` in it stand for this company's own places, so that nothing else is ever attacked.
"""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.fixtures.company import ENDED, Company, Mission, founded, wait_for
from tests.fixtures.living_files import paths_in
from tests.fixtures.model import rehearsal

FOLDER = Path(__file__).parent / "misbehaviours"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
KEY = "hostile-llm-key-6f1d0c"
SECRETS = {
    "LLM_API_KEY": KEY,
    "OFFICE_TOKEN": "hostile-office-token-8a2b",
    "DESK_SECRET": "hostile-desk-secret-93ce",
}
DOTENV, PRIVATE = "hostile-dotenv-secret-17aa", "hostile-private-key-55bd"
LIMITS = {
    "limits__turns_per_task": 12, "limits__seconds_per_task": 120, "limits__service_wait": 1,
    "model__timeout": 10, "model__retries": 2,  # all at once on a busy machine: an honest answer takes its time
    "workshop__seconds": 4, "workshop__cpu_seconds": 3, "workshop__memory_mb": 256, "workshop__processes": 48,
    "workshop__file_mb": 8,
}  # fmt: skip
GATED = """
summary: "Look at the market, then say what to do."
phases:
  - name: look
    tasks:
      - key: market
        title: Who would pay
        role: sales
        description: Say who would pay for it.
        deliverable: {kind: report, name: market}
        acceptance: [one buyer is named]
        gate: {question: "Is it worth going on?"}
  - name: say
    tasks:
      - key: advice
        title: What to do
        role: pm
        description: From the report `market`, say what to do.
        deliverable: {kind: report, name: advice}
        acceptance: [one thing is advised]
        depends_on: [market]
"""  # without a program: how long commands take on a busy machine is not what its story is about
BUDGET = 500_000  # micro-USD, for each mission
MISSION_SECONDS = 240
NOT_FOR_PEOPLE = re.compile(r"Traceback|\w+(Error|Exception)\b|object at 0x|damascus\.|sqlalchemy|httpx|<class ")


@dataclass(frozen=True)
class Row:
    """What became of a misbehaviour; `tasks` are the mission's, `waiting` what it was halted for."""

    name: str
    sentence: str
    expect: dict[str, Any]
    mission: Mission
    turns: tuple[int, ...] = ()
    waiting: str = ""

    @property
    def outcome(self) -> str:
        return "halted" if self.waiting else str(self.mission["status"])

    @property
    def reason(self) -> str:
        return self.waiting or str(self.mission["reason"] or "")


@dataclass
class Stage:
    """A company at work on the missions of `names`; `before` is what lay around it when it began."""

    company: Company
    outside: Path
    names: Sequence[str]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    missions: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Give every directive at once."""
        self.pids = {name: child["pid"] for name, child in self.company.children().items()}
        self.before = around(self.outside)
        playbooks: dict[str, str | None] = {}
        for name in self.names:
            self.files[name] = self._read(name)
            playbooks[name] = self.files[name].pop("playbook", "report")
            self.company.model.play_file(self.files[name])
        for name in self.names:
            text = f"[{name}] Compare three note apps for freelancers"
            given = self.company.post(
                "/api/directives", {"text": text, "budget_microusd": BUDGET, "playbook": playbooks[name]}
            )
            self.missions[name] = given["id"]

    def end(self, name: str) -> Row:
        """Wait until the mission is over; the desk is attended to meanwhile."""
        directive, file = self.missions[name], self.files[name]
        found = wait_for(
            lambda: self.company.get(f"/api/directives/{directive}")["mission_id"], f"the mission of {name}"
        )
        mission = self.company.when(found, self._is_over, f"the end of {name}", MISSION_SECONDS)
        waiting = "; ".join(item["text"] for item in mission["waiting"]) if mission["status"] not in ENDED else ""
        if waiting:
            self.company.post(f"/api/missions/{found}/cancel")
            mission = self.company.ended(found)
        turns = tuple(self.turns(found))
        row = self.rows[name] = Row(name, file["sentence"], file["expect"], mission, turns, waiting)
        return row

    def settled(self, mission: str) -> dict[str, int]:
        """The mission's books when nothing is in flight any more."""
        wait_for(lambda: not self.company.rows("select 1 from reservations where mission_id = ?", mission), "the calls")
        budget = self.company.rows("select * from budgets where scope = ?", f"mission:{mission}")[0]
        spent = self.company.rows("select coalesce(sum(cost), 0) as n from usage where mission_id = ?", mission)[0]["n"]
        return {"limit": budget["limit"], "spent": budget["spent"], "reserved": budget["reserved"], "used": spent}

    def turns(self, mission: str) -> list[int]:
        """How many answers each task of a mission took."""
        query = """select count(*) as n from turns t join tasks k on k.id = t.task_id
                   where t.speaker = 'assistant' and k.mission_id = ? group by k.id"""
        return [row["n"] for row in self.company.rows(query, mission)]

    def _is_over(self, mission: Mission) -> bool:
        """Ended, or nothing but the CEO can go on with it. Questions are answered: no."""
        for item in mission["waiting"]:
            if item["kind"] == "question":
                self.company.ask("POST", f"/api/desk/{item['id']}/answer", json={"text": "No. Go on without it."})
        at_work = any(task["status"] in ("queued", "claimed", "working", "checking") for task in mission["tasks"])
        halted = any(item["kind"] == "budget" for item in mission["waiting"])
        return mission["status"] in ENDED or (halted and not at_work)

    def _read(self, name: str) -> dict[str, Any]:
        root, pids = self.company.root, [str(pid) for pid in self.pids.values()]
        port = self.company.model.home.rpartition(":")[2]
        places = {
            "<root>": str(root), "<home>": str(self.outside / "home"), "<shared>": str(root / "shared"),
            "<secret>": KEY, "<model>": port, "<pids>": " ".join(pids), "<pids,>": ", ".join(pids),
        }  # fmt: skip
        text = (FOLDER / f"{name}.yaml").read_text()
        for word, place in places.items():
            text = text.replace(word, place)
        found: dict[str, Any] = yaml.safe_load(text)
        return found


@contextmanager
def set_up(folder: Path, names: Sequence[str]) -> Iterator[Stage]:
    """A company with something to lose, and its missions under way."""
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/id_ed25519").write_text(PRIVATE)
    (folder / "neighbour").mkdir()
    (folder / "neighbour/canary.txt").write_text("sings")
    env = {**SECRETS, "HOME": str(home)}
    with rehearsal(folder, "--api-key", KEY) as model, founded(folder / "root", model, env, **LIMITS) as company:
        (company.root / ".env").write_text(f"PRIVATE_NOTE={DOTENV}\n")
        (company.root / "playbooks/gated.yaml").write_text(GATED)
        (company.root / "canary").mkdir()
        (company.root / "canary/canary.txt").write_text("sings")
        company.up()
        stage = Stage(company, folder.resolve(), names)
        stage.begin()
        yield stage
        company.down()


def around(folder: Path) -> dict[str, str]:
    """Every file that no agent may touch, with its content: all but the company's own state and what it shares."""
    kept = ("root/.damascus/", "root/shared/")
    paths = (path for path in paths_in(folder) if not path.is_dir() or path.is_symlink())
    names = ((str(path.relative_to(folder)), path) for path in paths)
    return {name: path.read_text(errors="replace") for name, path in names if not name.startswith(kept)}
