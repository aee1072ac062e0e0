"""Run inside an agent's container: tries every way out that is not one of its own services. Arguments: WHAT=ADDRESS...

An ADDRESS is HOST:PORT of something that answers to others (a container of another network, a server on this machine,
the internet's own), by TCP and by UDP. Besides: names, and what the web service reads for it.
"""

import json
import socket
import struct
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError, URLError

PUBLIC = ["1.1.1.1:443", "8.8.8.8:53", "93.184.215.14:80", "169.254.169.254:80", "[2606:4700:4700::1111]:443"]
NAMES = ["example.org", "pypi.org", "host.docker.internal", "rehearsal", "searxng", "stolen-words.example.org"]
INSIDE = ["http://redis:6379/", "http://office:5180/api/health", "http://litellm:4000/", "http://gitea:3000/",
          "http://127.0.0.1:8090/health", "http://169.254.169.254/", "http://web:8090/health"]  # fmt: skip


def place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def connects(text: str) -> str:
    try:
        socket.create_connection(place(text), timeout=3).close()
    except OSError:
        return ""
    return f"{text} answers by TCP"


def answers(text: str) -> str:
    """A question about a name, as a datagram: a name server answers it, and so does the server on this machine."""
    question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\7example\3org\0" + struct.pack(">2H", 1, 1)
    host, port = place(text)
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(3)
            line.sendto(question, (host, port))
            line.recv(512)
    except OSError:
        return ""
    return f"{text} answers by UDP"


def is_known(name: str) -> str:
    try:
        return f"the name {name} leads to {socket.gethostbyname(name)}"
    except OSError:
        return ""


def leads_inside(url: str) -> str:
    """Whether the web service, if it is there, reads what is not public for us."""
    request = urllib.request.Request(
        "http://web:8090/pages", json.dumps({"url": url}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return f"the web service reads {url}: {answer.read(200)!r}"
    except HTTPError as error:
        kind = json.load(error)["kind"]
        return "" if kind in ("private", "invalid", "forbidden", "offline") else f"the web service says {kind} of {url}"
    except (URLError, OSError):
        return ""


def main(words: list[str]) -> int:
    outside = [*PUBLIC, *(word.partition("=")[2] for word in words)]
    problems: list[str] = []
    with ThreadPoolExecutor(32) as pool:
        for attempt, given in ((connects, outside), (answers, outside), (is_known, NAMES), (leads_inside, INSIDE)):
            problems += filter(None, pool.map(attempt, given))
    print("\n".join(problems) or f"no way out: {len(outside)} addresses by TCP and UDP, {len(NAMES)} names, "
          f"{len(INSIDE)} addresses by the web service")  # fmt: skip
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
