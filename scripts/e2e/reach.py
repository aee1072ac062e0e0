"""Run inside the workshop's container: tries everything that must not answer there. Arguments: addresses to try."""

import socket
import sys

NAMES = ("redis", "litellm", "rehearsal", "gitea", "office", "vp", "engineer", "host.docker.internal", "pypi.org")
ADDRESSES = ("1.1.1.1", "8.8.8.8", "169.254.169.254", "172.17.0.1")
PORTS = (22, 53, 80, 443, 2375, 3000, 4000, 5180, 6379, 8080)

answers = []
for name in NAMES:
    try:
        answers.append(f"{name} is known as {socket.gethostbyname(name)}")
    except OSError:
        continue
for address in (*ADDRESSES, *sys.argv[1:]):
    for port in PORTS:
        try:
            socket.create_connection((address, port), timeout=0.5).close()
            answers.append(f"{address}:{port} answers")
        except OSError:
            continue
with open("/proc/net/dev", encoding="ascii") as file:
    devices = [line.split(":")[0].strip() for line in file if ":" in line]
answers += [f"there is a network device {device}" for device in devices if device != "lo"]
with open("/proc/net/unix", encoding="utf-8") as file:
    paths = {line.split()[7] for line in file if len(line.split()) > 7 and line.split()[7].startswith("/")}
answers += [f"there is a socket {path}" for path in paths if path != "/run/workshop/workshop.sock"]
print("\n".join(answers) or f"nothing answers at {len(sys.argv) - 1 + len(ADDRESSES)} addresses and {len(NAMES)} names")
sys.exit(bool(answers))
