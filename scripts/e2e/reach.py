"""Run inside the workshop's container: tries everything that must not answer there. Arguments: addresses to try.

On swarm, which cannot do without one, the first is --in-a-network: then a network device by itself is not a fault.
"""

import socket
import sys
from concurrent.futures import ThreadPoolExecutor

NAMES = ("redis", "litellm", "rehearsal", "gitea", "office", "vp", "engineer", "host.docker.internal", "pypi.org")
ADDRESSES = ("1.1.1.1", "8.8.8.8", "169.254.169.254", "172.17.0.1")
PORTS = (22, 53, 80, 443, 2375, 3000, 4000, 5180, 6379, 8080)

devices_may_be = "--in-a-network" in sys.argv
addresses = [*ADDRESSES, *(word for word in sys.argv[1:] if not word.startswith("--"))]
answers = []


def known(name: str) -> str:
    try:
        return f"{name} is known as {socket.gethostbyname(name)}"
    except OSError:
        return ""


def reached(place: tuple[str, int]) -> str:
    try:
        socket.create_connection(place, timeout=1).close()
    except OSError:
        return ""
    return f"{place[0]}:{place[1]} answers"


with ThreadPoolExecutor(64) as pool:  # where packets are thrown away each try takes its whole time
    answers += filter(None, pool.map(known, NAMES))
    answers += filter(None, pool.map(reached, [(address, port) for address in addresses for port in PORTS]))
with open("/proc/net/dev", encoding="ascii") as file:
    devices = [line.split(":")[0].strip() for line in file if ":" in line]
answers += [f"there is a network device {device}" for device in devices if device != "lo" and not devices_may_be]
with open("/proc/net/unix", encoding="utf-8") as file:
    paths = {line.split()[7] for line in file if len(line.split()) > 7 and line.split()[7].startswith("/")}
answers += [f"there is a socket {path}" for path in paths if path != "/run/workshop/workshop.sock"]
print("\n".join(answers) or f"nothing answers at {len(addresses)} addresses and {len(NAMES)} names")
sys.exit(bool(answers))
