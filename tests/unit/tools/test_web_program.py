"""A web program with a page is built, started in the background, tried in a browser, and pushed."""

import pytest

from agents.hooks.background_commands import EndBackgroundCommands
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.tasks import Task
from tests.fixtures.programs import needs_chromium
from tests.fixtures.workbench import Workbench

SERVER = '''"""Serves one page."""
from http.server import BaseHTTPRequestHandler, HTTPServer

PAGE = b"<html><title>Tea</title><body style='background:#00ff00'><h1 id=a>no script</h1>" \\
       b"<script>document.getElementById('a').textContent = 'tea for ' + (40 + 2); brew()</script></body></html>"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)


if __name__ == "__main__":
    print("serving", flush=True)
    HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
'''
TEST = """import threading, unittest, urllib.request
from http.server import HTTPServer
from server import Handler


class PageTest(unittest.TestCase):
    def test_the_page_is_served(self):
        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as page:
            self.assertEqual(page.status, 200)
            self.assertEqual(page.headers["Content-Type"], "text/html")
            self.assertIn(b"tea for", page.read())
        server.shutdown()
        server.server_close()
"""


ASK = "python3 -c \"import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000', timeout=9).read())\""


PLAYWRIGHT = """import shutil
from playwright.sync_api import sync_playwright
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
    page = browser.new_page()
    page.goto("http://127.0.0.1:8000/")
    print("heading:", page.inner_text("h1"))
    browser.close()
"""


async def says(workbench: Workbench, task: Task, tool: str, **arguments: object) -> str:
    return (await workbench.call(task, tool, **arguments)).text


@pytest.fixture
async def task(workbench: Workbench) -> Task:
    workbench.needs_jail()
    task = await workbench.task(deliverable={"kind": "code", "name": "tea"})
    await workbench.call(task, "create_repository", name="tea", description="serves tea")
    for path, content in {"server.py": SERVER, "tests/test_server.py": TEST, "README.md": "# Tea\n"}.items():
        await workbench.call(task, "write_file", path=path, content=content)
    return task


async def test_a_web_program_is_started_tried_in_a_browser_and_pushed(workbench: Workbench, task: Task) -> None:
    needs_chromium()
    started = await says(workbench, task, "run_command", command="python3 server.py", background=True)
    assert started.startswith("b1 runs in the background")
    assert "tea for" in await says(workbench, task, "run_command", command=ASK)
    seen = await says(workbench, task, "screenshot", page="http://127.0.0.1:8000/", name="start-page")
    kept = seen.split()[1]
    picture = workbench.services.shared / kept
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "title: Tea\ntext: tea for 42\nconsole: " in seen, "what a model that sees nothing reads of it"
    assert "Uncaught ReferenceError: brew is not defined" in seen
    assert "GET / HTTP" in await says(workbench, task, "background_command", name="b1", action="output")
    assert "is stopped" in await says(workbench, task, "background_command", name="b1", action="stop")
    assert "Connection refused" in await says(workbench, task, "run_command", command=ASK)
    async with workbench.outbox.reading() as tx:
        (row,) = await tx.artifacts.of_mission(task.mission_id, ArtifactKind.SCREENSHOT)
    assert (row.path, row.detail.title, row.detail.description) == (kept, "start-page", "http://127.0.0.1:8000/")
    assert not list(workbench.workspace("tea").glob(".screenshot*"))
    await workbench.call(task, "commit", message="Serve tea")
    assert "ran 1 tests and all passed" in await says(workbench, task, "push")


async def test_playwright_drives_the_workshop_s_browser_and_who_does_not_name_it_is_told(
    workbench: Workbench, task: Task
) -> None:
    needs_chromium()
    await workbench.call(task, "write_file", path="requirements.txt", content="playwright\n")
    await workbench.call(task, "write_file", path="look.py", content=PLAYWRIGHT)
    await workbench.call(task, "run_command", command="python3 server.py", background=True)
    seen = await says(workbench, task, "run_command", command="python3 look.py")
    assert "heading: tea for 42\n" in seen, seen
    bare = "sed -i 's/executable_path=[^)]*)//' look.py && python3 look.py"
    assert 'launch(executable_path=shutil.which("chromium"))' in await says(
        workbench, task, "run_command", command=bare
    )
    await workbench.services.background.end(task.id)


async def test_a_file_is_pictured_as_well_and_nothing_else_becomes_a_picture(workbench: Workbench, task: Task) -> None:
    needs_chromium()
    await workbench.call(task, "write_file", path="index.html", content="<h1>static</h1>")
    first = await says(workbench, task, "screenshot", page="index.html", name="static")
    assert (await says(workbench, task, "screenshot", page="index.html", name="static")).split()[1] == first.split()[1]
    assert "no picture" in await says(workbench, task, "screenshot", page="no://x' ; touch owned '", name="bad")
    assert not (workbench.workspace("tea") / "owned").exists()


async def test_a_command_that_ends_at_once_is_seen_and_leaves_nothing(workbench: Workbench, task: Task) -> None:
    assert (await says(workbench, task, "run_command", command="echo so; exit 3", background=True)).startswith(
        "exit 3: it has ended already\nso\n"
    )
    assert "no background command 'b1'" in await says(workbench, task, "background_command", name="b1", action="output")


async def test_no_more_run_at_once_than_may(workbench: Workbench, task: Task) -> None:
    for _ in range(2):
        await workbench.call(task, "run_command", command="sleep 60", background=True)
    refused = await says(workbench, task, "run_command", command="sleep 60", background=True)
    assert "workshop.background_commands in config.yaml" in refused
    await workbench.services.background.end(task.id)
    assert "no background command" in await says(workbench, task, "background_command", name="b2", action="stop")


async def test_another_task_does_not_see_it(workbench: Workbench, task: Task) -> None:
    await workbench.call(task, "run_command", command="sleep 60", background=True)
    other = await workbench.task()
    assert "no background command" in await says(workbench, other, "background_command", name="b1", action="stop")
    await workbench.services.background.end(task.id)


async def test_when_a_run_ends_its_commands_do_whatever_becomes_of_it(workbench: Workbench, task: Task) -> None:
    place = workbench.workspace("tea")
    hook = EndBackgroundCommands(workbench.services.background)

    async def run() -> None:
        await workbench.call(task, "run_command", command="touch up; sleep 60; touch late", background=True)
        raise RuntimeError("the run is over")

    with pytest.raises(RuntimeError):
        await hook.around_run(workbench.lease(task), run)
    assert (place / "up").exists()
    assert not workbench.services.background.has_any(task.id)
