"""`python -m benchmarks.web`: a page of 200 kB, asked for over HTTP, parsed in its child and kept in the ledger.

By the parts that a company has: the service as a process of its own behind its socket, a site on loopback, an SQLite
file with `synchronous=FULL`. The pause between two requests to one host is off; each page is another.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from benchmarks.load import bus_at, redis
from damascus.core.clock import SystemClock
from damascus.core.settings import WebSettings
from damascus.knowledge.sources import reading
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from damascus.web.remote import SOCKET_NAME, RemoteWeb
from damascus.work.outbox import Outbox
from tests.fixtures.story import planned, running_mission, task_of

PAGES, PAGE_BYTES, BOUND_SECONDS = 15, 200_000, 1.0
PARAGRAPH = (
    "<p>The market for <b>bread</b> grew by nine percent in {}, says the <a href='/{}'>office of statistics</a>.</p>"
)


class Site(BaseHTTPRequestHandler):
    """Answers each address with an article of its own of PAGE_BYTES bytes."""

    def do_GET(self) -> None:
        rows = "".join(PARAGRAPH.format(number, number) for number in range(PAGE_BYTES // (len(PARAGRAPH) + 6)))
        page = f"<html lang='en'><head><title>{self.path}</title></head><body><article>{rows}</article></body></html>"
        body = b"" if self.path == "/robots.txt" else page.encode().ljust(PAGE_BYTES)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None: ...


async def measure(home: Path, redis_url: str, site: str) -> list[float]:
    """Return the seconds of each page."""
    ledger, bus = Ledger(f"sqlite:///{home}/ledger.sqlite3"), bus_at(redis_url)
    await upgrade(ledger)
    outbox, web = Outbox(ledger, bus), RemoteWeb(WebSettings(), home, SystemClock())
    mission = await running_mission(outbox, planned("a"))
    task, seconds = await task_of(outbox, mission, "a"), []
    for number in range(PAGES):
        began = time.monotonic()
        found = await reading.read(web, None, f"{site}/{number}")
        async with outbox.transaction() as tx:
            page = await reading.keep(tx, task, f"{site}/{number}", found)
        seconds.append(time.monotonic() - began)
        if page.facts.size != PAGE_BYTES or "nine percent in 900" not in page.text:
            raise SystemExit(f"the page was not read as it is: {page.facts.size} bytes, {len(page.text)} characters")
    await outbox.close()
    await bus.close()
    await ledger.close()
    return seconds


def main() -> int:
    """Print the figures. Returns 1 if the median is above its bound."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as folder:
        home, root = Path(folder) / "home", Path(folder)
        home.mkdir()
        web = {"private_hosts": host, "seconds_between_requests": 0.001}
        (root / "config.yaml").write_text(yaml.safe_dump({"company": {"home": str(home)}, "web": web}))
        service = subprocess.Popen([sys.executable, "-m", "damascus.web.server"], cwd=root)
        try:
            while not (home / SOCKET_NAME).exists():
                time.sleep(0.05)
            with redis() as redis_url:
                seconds = sorted(asyncio.run(measure(home, redis_url, f"http://{host}")))
        finally:
            service.terminate()
            service.wait()
    median = statistics.median(seconds)
    print(f"{PAGES} pages of {PAGE_BYTES:,} bytes: median {median:.2f} s, {seconds[0]:.2f} to {seconds[-1]:.2f} s")
    return int(median >= BOUND_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
