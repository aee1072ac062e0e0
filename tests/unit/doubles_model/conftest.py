"""Rehearsal servers in processes of our own, requests as agents make them, and an office that plays every tool."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import damascus

ROOT = Path(damascus.__file__).parents[1]
TALK = ("leave_trail", "read_trail", "write_report", "read_report", "list_reports", "send_message", "ask", "delegate")
CODE = ("create_repository", "write_file", "edit_file", "read_file", "run_command", "commit", "push")
ALL = (*TALK, *CODE, "finish", "blocked")

Process = subprocess.Popen[str]
Spawn = Callable[..., tuple[Process, str]]


@pytest.fixture(scope="session")
def spawn() -> Iterator[Spawn]:
    """Start a server with the given options; returns its process and its URL without /v1. All are ended afterwards."""
    processes: list[Process] = []

    def begin(*options: str) -> tuple[Process, str]:
        command = [sys.executable, "-m", "damascus.doubles.model", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        processes.append(process)
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r"http://\S+?(?=/v1)", line)
        assert found, f"it printed {line!r}"
        return process, found.group()

    yield begin
    for process in processes:
        process.terminate()
    for process in processes:
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all: making one loads certificates, which takes longer than a call."""
    with httpx.Client(timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def shared_url(spawn: Spawn) -> str:
    return spawn()[1]


@pytest.fixture
def url(shared_url: str, http: httpx.Client) -> str:
    """A server without a script, its figures at nought."""
    http.delete(f"{shared_url}/script")
    http.delete(f"{shared_url}/stats")
    return shared_url


def task_prompt(role: str, kind: str, directive: str, deliverable: str = "-", **parts: str) -> list[dict[str, Any]]:
    """The messages with which an agent hands over a task."""
    key = parts.get("key", "1")
    text = f"""# Task task_{role}_{kind}_{key}: {parts.get("title", "Do it")}
- kind: {kind}
- role: {role}
- mission: mis_1
- deliverable: {deliverable}
{f"- test command: {parts['test_command']}" if "test_command" in parts else "- playbook: startup"}

## Directive
{quoted(directive)}

## What to do
> What the title says.

## Done when
- it is done

## From the tasks before this one
{parts.get("before", "")}

## Trail
{parts.get("trail", "")}
"""
    return [{"role": "system", "content": "You are staff."}, {"role": "user", "content": text}]


def quoted(text: str) -> str:
    """Each line behind `> `, as agents quote what others wrote."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines()) or "> (empty)"


def offered(*names: str) -> list[dict[str, Any]]:
    """Those tools, as a request offers them."""
    return [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names]


@pytest.fixture
def request_for() -> Callable[..., dict[str, Any]]:
    """A chat request for a task: `request_for("pm", "work", "Find a ...", "report `ideas`", stream=True)`."""

    def make(role: str, kind: str, directive: str = "For freelancers", deliverable: str = "-", **more: Any) -> Any:
        parts = {
            name: more.pop(name) for name in list(more) if name in ("before", "trail", "title", "key", "test_command")
        }
        tools = ("submit_plan",) if kind == "plan" else ALL
        messages = task_prompt(role, kind, directive, deliverable, **parts)
        return {"model": "rehearsal", "messages": messages, "tools": offered(*tools), "user": role, **more}

    return make


@pytest.fixture
def chat(url: str, http: httpx.Client) -> Callable[[dict[str, Any]], httpx.Response]:
    """Send a chat request to the shared server."""

    def send(body: dict[str, Any]) -> httpx.Response:
        return http.post(f"{url}/v1/chat/completions", json=body)

    return send


class Office:
    """Plays the tools in memory and in one folder, and talks with the model until the task ends."""

    def __init__(self, http: httpx.Client, url: str, folder: Path, trail: list[str] | None = None) -> None:
        self.http, self.url, self.folder = http, url, folder
        self.trail = trail if trail is not None else []
        self.reports: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []
        self.spoil: dict[tuple[str, int], str] = {}
        self.ended = ""
        self.plan: dict[str, Any] = {}
        self.answers = 0

    def run(self, request: dict[str, Any], limit: int = 20) -> "Office":
        """Continue until finish, blocked or a plan."""
        messages = list(request["messages"])
        while not self.ended:
            assert self.answers < limit, f"no end after {[name for name, _ in self.log]}"
            body = self.http.post(f"{self.url}/v1/chat/completions", json={**request, "messages": messages}).json()
            self.answers += 1
            message = body["choices"][0]["message"]
            assert message.get("tool_calls"), message
            assert body["usage"]["completion_tokens"] < 2000
            messages.append(message)
            for call in message["tool_calls"]:
                result = self.play(call["function"]["name"], json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
        return self

    def used(self, name: str) -> list[str]:
        return [result for tool, result in self.log if tool == name]

    def play(self, name: str, arguments: dict[str, Any]) -> str:
        spoiled = self.spoil.pop((name, len(self.used(name)) + 1), None)
        result = spoiled if spoiled is not None else getattr(self, f"_{name}")(**arguments)
        self.log.append((name, result))
        return str(result)

    def _leave_trail(self, kind: str, text: str, source: str = "") -> str:
        self.trail.append(text)
        return f"trail entry e{len(self.trail)}"

    def _read_trail(self) -> str:
        return "\n".join(f"[e{n}] finding by pm: {text}" for n, text in enumerate(self.trail, start=1))

    def _write_report(self, name: str, title: str, body: str, sources: list[str]) -> str:
        known = {f"e{n}" for n in range(1, len(self.trail) + 1)}
        if not set(sources) <= known:
            return f"write_report: not in the trail of this mission: {sorted(set(sources) - known)}. There are: e1."
        self.reports[name] = {"title": title, "body": body, "sources": sources}
        return f"wrote mis_1/{name}.md"

    def _submit_plan(self, summary: str, tasks: list[dict[str, Any]]) -> str:
        self.plan, self.ended = {"summary": summary, "tasks": tasks}, "planned"
        return "accepted"

    def _create_repository(self, name: str, description: str) -> str:
        self.folder.mkdir(exist_ok=True)
        return f"created repository {name} (file:///x); its working copy is ready for files"

    def _write_file(self, path: str, content: str) -> str:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        return f"replaced {path} ({len(content)} bytes)"

    def _read_file(self, path: str) -> str:
        return (self.folder / path).read_text()

    def _edit_file(self, path: str, old: str, new: str) -> str:
        text = self._read_file(path)
        if text.count(old) != 1:
            return f"edit_file: `old` does not occur in {path}; read the file and copy the passage exactly"
        return self._write_file(path, text.replace(old, new))

    def _run_command(self, command: str) -> str:
        ran = subprocess.run(command.split(), cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        return f"exit {ran.returncode} (0.1 s)\n{ran.stdout}{ran.stderr}"

    def _commit(self, message: str) -> str:
        return "commit 1234567890"

    def _push(self) -> str:
        return "pushed 1234567890 to main"

    def _finish(self, summary: str) -> str:
        self.ended = f"finished: {summary}"
        return "finished"

    def _blocked(self, reason: str) -> str:
        self.ended = f"blocked: {reason}"
        return "blocked"


Begin = Callable[..., Office]


@pytest.fixture
def office(http: httpx.Client, url: str, tmp_path: Path) -> Begin:
    """Makes offices with a folder each."""
    made: list[Office] = []

    def begin(trail: list[str] | None = None, at: str = "") -> Office:
        made.append(Office(http, at or url, tmp_path / f"repository{len(made)}", trail))
        return made[-1]

    return begin
