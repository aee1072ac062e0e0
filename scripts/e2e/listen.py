"""Run inside the engineer's container: `listen.py shared|none ADDRESS...`: which loopback commands have, tried by them.

`shared`: a web program that one command starts in the background is fetched by another, through the workshop's socket,
and neither reaches one of the addresses, or a name. `none`: no socket can be opened, and the error says so.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.remote import RemoteWorkshop

PAGE = "<!doctype html><title>Invoices</title><h1>No invoice yet</h1>"
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
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (socket.gethostbyname(place[0]), place[1]))
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
PLACES = ("redis", "office", "web", "litellm", "gitea", "vp", "1.1.1.1", "172.17.0.1", "169.254.169.254")


async def main(wanted: str, addresses: list[str]) -> str:
    place = Path(os.environ["WORKSPACES"]) / "e2e-listen"
    workshop = RemoteWorkshop(Path(os.environ["WORKSHOP_SOCKET"]), WorkshopSettings(), SystemClock())
    place.mkdir(exist_ok=True)
    try:
        for name, text in (("app.py", APP), ("fetch.py", FETCH), ("reach.py", REACH), ("index.html", PAGE)):
            (place / name).write_text(text)
        has = (await workshop.facts()).loopback
        if has != wanted:
            return f"commands have the loopback {has!r}, not {wanted!r}"
        if has == "none":
            tried = (await workshop.run("python3 app.py", place)).output
            return "" if "no socket can be opened" in tried else tried
        server = await workshop.start("exec python3 app.py", place)
        fetched = await workshop.run("python3 fetch.py", place)
        reached = await workshop.run(f"python3 reach.py {' '.join((*PLACES, *addresses))}", place)
        heard = await server.output()
        await server.stop()
        after = await workshop.run("timeout 2 python3 fetch.py", place)
        problems = {
            "the page was not fetched": (fetched, PAGE in fetched.output and '"GET /index.html HTTP/1.1" 200' in heard),
            "something was reached": (reached, reached.output == "nothing answers\n"),
            "it answers after its end": (after, PAGE not in after.output and "refused" in after.output),
        }
        return "\n".join(f"{what}: {said.output}" for what, (said, holds) in problems.items() if not holds)
    finally:
        shutil.rmtree(place)


wanted, *addresses = sys.argv[1:]
problem = asyncio.run(main(wanted, addresses))
print(problem or ("" if wanted == "none" else f"figure: {len(PLACES) + len(addresses)} places do not answer"))
sys.exit(bool(problem))
