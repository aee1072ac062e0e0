"""A task of very many turns on a model with a small context: `python -m benchmarks.long_task [TURNS] [CONTEXT]`.

A whole company plays it on a rehearsal that refuses what does not fit, as a server does. Each turn leaves an entry of
some five hundred characters, too short to be folded: so nothing but compactions keeps the conversation within bounds.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.company import ROOT, Company, environment, folder
from benchmarks.run import wait_for

FOUND = {"kind": "log", "text": "step <n>: looked at <n> more shops. " + "Each sells bread. " * 25}
FINISH = {"summary": "Every step was made and is on the trail, as was asked."}
PLAN = {
    "summary": "One task of many steps.",
    "tasks": [{
        "key": "count", "title": "Count the bakeries", "role": "pm", "description": "Count them, shop by shop.",
        "deliverable": {"kind": "note", "name": "count"}, "acceptance": ["each is on the trail"], "depends_on": [],
    }],
}  # fmt: skip


def script(turns: int) -> list[dict[str, Any]]:
    work = {"role": "pm", "kind": "work"}
    return [
        {"match": {"kind": "plan"}, "answer": {"tool_calls": [{"name": "submit_plan", "arguments": PLAN}]}},
        {"match": work, "times": turns - 1, "answer": {"tool_calls": [{"name": "leave_trail", "arguments": FOUND}]}},
        {"match": work, "answer": {"tool_calls": [{"name": "finish", "arguments": FINISH}]}},
    ]


@contextmanager
def model(context: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        port_file = Path(name) / "port"
        command = [sys.executable, "-m", "damascus.doubles.model", "--context", str(context)]
        server = subprocess.Popen([*command, "--port-file", str(port_file)], cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            while not port_file.exists() or not port_file.read_text().strip():
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port_file.read_text().strip()}"
        finally:
            server.terminate()
            server.wait()


@contextmanager
def company(turns: int, url: str) -> Iterator[Company]:
    with folder() as root:
        settings = yaml.safe_load((root / "config.yaml").read_text())
        settings["limits"]["turns_per_task"] = turns + 1
        (root / "config.yaml").write_text(yaml.safe_dump(settings))
        env = environment(LLM_BASE_URL=f"{url}/v1", LLM_MODEL="rehearsal", LLM_API_KEY="none", WEB="false")
        found = Company(root, env, f"{url}/v1")
        found.ceo("up", "--detach")
        try:
            yield found
        finally:
            found.ceo("down")


def play(turns: int, context: int) -> dict[str, float]:
    """Return the figures of one mission."""
    with model(context) as url, company(turns, url) as found, found.client() as client:
        httpx.post(f"{url}/script", json=script(turns)).raise_for_status()
        body = {"text": "Count the bakeries", "budget_microusd": 50_000_000}
        seconds = wait_for(client, [client.post("/api/directives", json=body).raise_for_status().json()["id"]])[0]
        mission = client.get("/api/missions").json()["items"][0]
        tasks = client.get(f"/api/missions/{mission['id']}").json()["tasks"]
        task = next(task for task in tasks if task["key"] == "count")
        entries = client.get(f"/api/tasks/{task['id']}/turns").json()["items"]
        stats = httpx.get(f"{url}/stats").json()
    compactions = [turn["compaction"] for turn in entries if turn["compaction"]]
    return {
        "turns": sum(turn["speaker"] == "assistant" for turn in entries),
        "compactions": len(compactions),
        "requests that the server refused as too long": stats["by_fault"].get("context", 0),
        "largest request, tokens": stats["tokens"]["largest_input"],
        "input tokens": stats["tokens"]["input"],
        "output tokens": stats["tokens"]["output"],
        "cost, USD": mission["spent_microusd"] / 1e6,
        "of it for compactions, USD": sum(one["cost_microusd"] or 0 for one in compactions) / 1e6,
        "characters that stand for the older turns, at most": max(len(one["text"]) for one in compactions),
        "seconds": seconds,
    }


def main() -> int:
    """Print the figures; return 1 if a turn is missing or a request was larger than the context."""
    turns, context = (int(given) for given in (sys.argv[1:] + ["300", "32000"][len(sys.argv) - 1 :])[:2])
    figures = play(turns, context)
    print(f"a task of {turns} turns on a context of {context:,} tokens")
    for name, value in figures.items():
        print(f"  {name:52}{value:>14,.2f}" if isinstance(value, float) else f"  {name:52}{value:>14,}")
    return 0 if figures["turns"] == turns and figures["largest request, tokens"] < context else 1


if __name__ == "__main__":
    sys.exit(main())
