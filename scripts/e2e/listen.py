"""Run inside the engineer's container: `listen.py own|none ADDRESS...`: which loopback commands have, tried by them.

`own`: two tasks serve a page at one port, at the same time; a later command of each fetches its own, Chromium and
Playwright open it, and none reaches one of the addresses, or a name. `none`: no socket can be opened, and the error
says so.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.remote import RemoteWorkshop

PAGES = {
    "e2e-one": "<!doctype html><title>Invoices</title><h1>No invoice yet</h1>",
    "e2e-two": '<!doctype html><title>Hours</title><button onclick="document.title = 40 + 2">Add</button>',
}
APP = """
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
ThreadingHTTPServer(("127.0.0.1", 8123), SimpleHTTPRequestHandler).serve_forever()
"""
FETCH = """
import time, urllib.request
for n in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8123/index.html", timeout=5).read().decode())
        break
    except OSError as error:
        print(error)
        time.sleep(0.1)
"""
CLICK = """
import shutil
from playwright.sync_api import sync_playwright
with sync_playwright() as driver:
    browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
    page = browser.new_page()
    page.goto("http://127.0.0.1:8123/index.html")
    page.click("button")
    print("title:", page.title())
    browser.close()
"""
REACH = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
PORTS = (22, 53, 80, 443, 2375, 3000, 4000, 5180, 6379, 8080, 8090)
def reached(place):
    try:
        socket.create_connection(place, timeout=2).close()
        return f"{place} answers"
    except OSError:
        pass
    try:
        family, *_, to = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0]
        socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", to)
        return f"{place} takes UDP"
    except OSError:
        return ""
unix = []
try:
    socket.socket(socket.AF_UNIX).connect("/run/workshop/workshop.sock")
    unix = ["the workshop's own socket answers"]
except OSError:
    pass
with ThreadPoolExecutor(32) as pool:
    found = list(filter(None, pool.map(reached, [(host, port) for host in sys.argv[1:] for port in PORTS])))
print(*(found + unix or ["nothing answers"]), sep="; ")
"""
PLACES = (
    "redis", "office", "web", "litellm", "rehearsal", "gitea", "vp", "workshop", "host.docker.internal", "1.1.1.1",
    "172.17.0.1", "169.254.169.254", "100.100.100.200", "fd00:ec2::254", "2606:4700:4700::1111", "fe80::1", "ff02::1",
)  # fmt: skip
TITLES = ["title: Invoices", "title: Hours"]


async def main(wanted: str, addresses: list[str]) -> str:
    workshop = RemoteWorkshop(Path(os.environ["WORKSHOP_SOCKET"]), WorkshopSettings(), SystemClock())
    places = [Path(os.environ["WORKSPACES"]) / name for name in PAGES]
    try:
        for place in places:
            place.mkdir(exist_ok=True)
            files = {"app.py": APP, "fetch.py": FETCH, "reach.py": REACH, "click.py": CLICK}
            for name, text in {**files, "index.html": PAGES[place.name], "requirements.txt": "playwright\n"}.items():
                (place / name).write_text(text)
        has = await workshop.facts()
        if has.loopback != wanted:
            return f"commands have the loopback {has.loopback!r}, not {wanted!r}"
        if wanted == "none":
            tried = (await workshop.run("python3 app.py", places[0])).output
            return "" if "no socket can be opened" in tried else tried
        return await own(workshop, places, addresses) if has.has_working_browser else f"no browser works: {has}"
    finally:
        for place in places:
            shutil.rmtree(place)


async def own(workshop: RemoteWorkshop, places: list[Path], addresses: list[str]) -> str:
    """Return what does not hold of two tasks that each have a loopback of their own; empty if all does."""
    servers = [await workshop.start("exec python3 app.py", place) for place in places]
    fetched = [await workshop.run("python3 fetch.py", place) for place in places]
    pictured = [await workshop.run("screenshot http://127.0.0.1:8123/index.html a.png", place) for place in places]
    clicked = await workshop.run("python3 click.py", places[1])
    reached = await workshop.run(f"python3 reach.py {' '.join((*PLACES, *addresses))}", places[0])
    await servers[0].stop()
    after = [await workshop.run("timeout 2 python3 fetch.py", place) for place in places]
    await servers[1].stop()
    pages = list(PAGES.values())
    problems = {
        "a task did not fetch its own page": (fetched, [one.output.strip() for one in fetched] == pages),
        "a page has no picture": (pictured, [one.output.split("\n")[0] for one in pictured] == TITLES),
        "Playwright clicked nothing": ([clicked], clicked.output == "title: 42\n"),
        "something was reached": ([reached], reached.output == "nothing answers\n"),
        "a server ended with another, or did not end by itself": (
            after,
            [page in one.output for page, one in zip(pages, after, strict=True)] == [False, True],
        ),
    }
    return "\n".join(f"{what}: {[one.output for one in said]}" for what, (said, holds) in problems.items() if not holds)


wanted, *addresses = sys.argv[1:]
problem = asyncio.run(main(wanted, addresses))
print(problem or ("" if wanted == "none" else f"figure: {len(PLACES) + len(addresses)} places do not answer"))
sys.exit(bool(problem))
