"""Looks at the company of test_e2e.sh from outside: `look.py WHAT`; exit 0 when all is as it should be, else 1, why.

Also from inside a container of the office, which is told by OFFICE_URL and OFFICE_TOKEN_FILE where the office is.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ONE_SHOT = ("setup", "gitea-setup")
ENDED = ("completed", "failed", "cancelled")
WAIT_SECONDS = 120


def containers() -> dict[str, dict[str, Any]]:
    """Every container of the project by its name, as `docker inspect` shows it."""
    label = f"label=com.docker.compose.project={os.environ['COMPOSE_PROJECT_NAME']}"
    ids = subprocess.run(["docker", "ps", "-aq", "--filter", label], capture_output=True, text=True, check=True)
    shown = subprocess.run(["docker", "inspect", *ids.stdout.split()], capture_output=True, text=True, check=True)
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in json.loads(shown.stdout)}


def _ask(path: str) -> Any:
    token = Path(os.environ.get("OFFICE_TOKEN_FILE", ".damascus/token")).read_text(encoding="ascii").strip()
    url = os.environ.get("OFFICE_URL") or json.loads(Path(".damascus/office.json").read_text(encoding="utf-8"))["url"]
    request = urllib.request.Request(f"{url}{path}", headers={"Authorization": f"Bearer {token}"})
    return urllib.request.urlopen(request, timeout=30)


def office(path: str) -> Any:
    with _ask(path) as answer:
        return json.load(answer)


def changes(task: str) -> list[dict[str, Any]]:
    """What became of a task that has ended, from the log: {before, after, reason}, oldest first."""
    found: list[dict[str, Any]] = []
    with _ask("/api/events?after=0") as log:
        for line in log:
            event = json.loads(line.removeprefix(b"data: ")) if line.startswith(b"data: ") else {}
            if event.get("kind") == "task" and event["payload"]["id"] == task:
                found.append(event["payload"])
                if event["payload"]["after"] in ENDED:
                    break
    return found


def hardened() -> Iterator[str]:
    for name, one in containers().items():
        host, user = one["HostConfig"], one["Config"]["User"].split(":")[0]
        if user in ("", "0", "root") and name != "setup":
            yield f"{name} runs as root"
        wanted = {
            "a read-only root file system": host["ReadonlyRootfs"],
            "no capability": host["CapDrop"] == ["ALL"] and (name == "setup" or not host["CapAdd"]),
            "no-new-privileges": "no-new-privileges:true" in (host["SecurityOpt"] or []),
            "a memory limit": host["Memory"] > 0,
            "a limit of processes": (host["PidsLimit"] or 0) > 0,
            "an init": host["Init"],
            "no privilege": not host["Privileged"],
            "restart": name in ONE_SHOT or host["RestartPolicy"]["Name"] == "unless-stopped",
            "a health check": name in ONE_SHOT or "Health" in one["State"],
        }
        yield from (f"{name} lacks {what}" for what, holds in wanted.items() if not holds)


def ports() -> Iterator[str]:
    published = {
        name: [binding for bindings in one["HostConfig"]["PortBindings"].values() for binding in bindings]
        for name, one in containers().items()
        if one["HostConfig"]["PortBindings"]
    }
    if set(published) != {"office", "gitea"}:
        yield f"published: {sorted(published)}"
    for name, bindings in published.items():
        yield from (f"{name} listens on {b['HostIp'] or 'everything'}" for b in bindings if b["HostIp"] != "127.0.0.1")


def sockets() -> Iterator[str]:
    for name, one in containers().items():
        places = [f"{mount['Source']} at {mount['Destination']}" for mount in one["Mounts"]]
        yield from (f"{name} has {place}" for place in places if "docker.sock" in place)
        if one["State"]["Running"]:
            found = subprocess.run(
                ["docker", "exec", one["Id"], "sh", "-c", "ls /var/run/docker.sock /run/docker.sock 2>/dev/null"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if found.stdout.strip():
                yield f"{name} has {found.stdout.split()}"


def money() -> Iterator[str]:
    """The books agree once all is at rest; what was just cut off is counted a moment later."""
    wrong = ["nothing was looked at"]
    end = time.monotonic() + WAIT_SECONDS
    while wrong and time.monotonic() < end:
        books = office("/api/budget")
        spent, used = books["company"]["spent_microusd"], sum(one["cost_microusd"] for one in books["roles"])
        reserved = [b["reserved_microusd"] for b in (books["company"], books["day"], *books["missions"])]
        wrong = [f"spent {spent}, used {used}"] if spent != used or not spent else []
        wrong += [f"still reserved: {reserved}"] if any(reserved) else []
        if wrong:
            time.sleep(1)
        else:
            print(f"figure: ${spent / 1e6:.4f}")
    yield from wrong


def missions(count: str) -> Iterator[str]:
    found = office("/api/missions")["items"]
    if len(found) != int(count):
        yield f"{len(found)} missions"
    urls = []
    for one in found:
        detail = office(f"/api/missions/{one['id']}")
        if detail["status"] != "succeeded":
            yield f"{detail['slug']} is {detail['status']}: {detail['reason']}"
        urls += [repository["url"] for repository in detail["repositories"]]
        paths = [Path("shared") / report["path"] for report in detail["reports"]]
        yield from (f"{path} is not there" for path in paths if not path.exists())
    if len(set(urls)) != int(count):
        yield f"the repositories are {urls}"


def _working(role: str | None) -> list[dict[str, Any]]:
    in_progress = [one for one in office("/api/missions")["items"] if not one["finished_at"]]
    tasks = [task for one in in_progress for task in office(f"/api/missions/{one['id']}")["tasks"]]
    return [t for t in tasks if t["status"] == "working" and t["worker"] and role in (None, t["role"])]


def busy_engineer() -> Iterator[str]:
    """Prints the container of an engineer who is in the middle of a task, and that task."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        for task in _working("engineer"):
            print(task["worker"].removeprefix("engineer-"), task["id"])
            return
        time.sleep(0.1)
    yield "no engineer started"


def carries(container: str, id: str) -> Iterator[str]:
    """Whether the engineer in this container is still in the middle of that task."""
    if (f"engineer-{container}", id) not in [(task["worker"], task["id"]) for task in _working("engineer")]:
        yield f"the engineer in {container} no longer works on {id}"


def continued(id: str) -> Iterator[str]:
    """Whether a task was taken back from a worker that died, and completed by another."""
    log = [change["after"] for change in changes(id)]
    if log.count("claimed") < 2 or log[-1] != "completed":
        yield f"{id} was not claimed again: {', '.join(log)}"


def in_progress() -> Iterator[str]:
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if any(task["role"] != "vp" for task in _working(None)):
            return
        time.sleep(0.1)
    yield "no agent started"


def looked_up(mission: str, asked: str) -> Iterator[str]:
    """Whether what a mission read is kept, cited and whole, and was asked for once."""
    detail = office(f"/api/missions/{json.loads(Path(mission).read_text())['mission_id']}")
    pages = office(f"/api/sources?mission={detail['id']}")["items"]
    paths = {urlsplit(page["url"]).path: office(f"/api/sources/{page['id']}") for page in pages}
    times = json.loads(Path(asked).read_text())
    receipts = [receipt["text"] for receipt in detail["receipts"] if receipt["kind"] == "sources" and receipt["ok"]]
    checks = {
        f"{len(paths)} pages are kept: {sorted(paths)}": len(paths) == 9,
        f"pages were read more than once: {times}": all(times.get(path) == 1 for path in paths),
        "a page that is gone is not kept": "four hundred bakeries" in paths.get("/gone", {}).get("text", ""),
        "a legacy charset was not read": "Málaga’s" in paths.get("/old", {}).get("text", ""),
        f"no report rests on nine verified passages: {receipts}": any("9 verified" in text for text in receipts),
    }
    print(f"figure: {len(paths)} pages")
    yield from (problem for problem, holds in checks.items() if not holds)


def page(link: str) -> Iterator[str]:
    """A browser's way: the link logs in once, what the page names is there, and the cookie alone shows the missions."""
    at = urlsplit(link)
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    code = {"code": at.fragment}

    def fetch(path: str, body: object = None) -> bytes:
        headers = {"Origin": f"{at.scheme}://{at.netloc}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body else None
        with browser.open(urllib.request.Request(f"{at.scheme}://{at.netloc}{path}", data, headers), timeout=30) as got:
            return bytes(got.read())

    fetch(at.path)
    fetch("/api/session", code)
    html = fetch("/stage").decode()
    parts = re.findall(r'(?:src|href)="(/[^"]+)"', html)
    if not any(part.endswith(".js") for part in parts):
        yield f"the page has no program: {html[:200]}"
    yield from (f"{part} is empty" for part in parts if not fetch(part))
    if not json.loads(fetch("/api/missions"))["items"]:
        yield "no mission is shown"
    try:
        fetch("/api/session", code)
        yield "the link works twice"
    except urllib.error.HTTPError as refused:
        if refused.code != 401:
            yield f"the link's second use answers {refused.code}"


def computed(mission: str, role: str, expression: str, result: str) -> Iterator[str]:
    """Whether a role's calculation is on the trail of a mission."""
    id = json.loads(Path(mission).read_text())["mission_id"]
    texts = [one["payload"]["text"] for one in office(f"/api/log?mission={id}&author={role}&kind=command")["items"]]
    if not any(expression in text and result in text.splitlines()[-1] for text in texts):
        yield f"no entry has {result} of {expression}: {texts}"


def pictured(mission: str, calls: str) -> Iterator[str]:
    """Whether a picture of its page was kept of a mission and reached the model, and its tests have a receipt."""
    ended = json.loads(Path(mission).read_text())
    shown = office(f"/api/missions/{ended['mission_id']}")
    (task,) = [one["id"] for one in shown["tasks"] if (one["role"], one["kind"]) == ("engineer", "work")]
    said = [one["content"] for one in office(f"/api/tasks/{task}/turns")["items"] if one["tool"]]
    pictures = list((Path(ended["readme"]).parent / "screenshots").glob("front-*.png"))
    if len(pictures) != 1 or not any("<title>Tea</title>" in text for text in said):
        yield f"pictures: {pictures}; what its calls came to: {said}"
        return
    digest = hashlib.sha256(pictures[0].read_bytes()).hexdigest()
    arrived = [call for call in json.loads(Path(calls).read_text())["calls"] if digest in call["pictures"]]
    if not arrived or {call["task"] for call in arrived} - {task, ""}:
        yield f"the picture reached {arrived}"
    receipts = {receipt["kind"]: receipt["ok"] for receipt in shown["receipts"]}
    if not receipts.get("tests"):
        yield f"receipts: {receipts}"


def pull_request(mission: str) -> Iterator[str]:
    """Prints address and branch of a change to somebody's code, once it is asked for."""
    id = json.loads(Path(mission).read_text())["mission_id"]
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        (repository,) = office(f"/api/missions/{id}")["repositories"]
        if repository["pull_request"]:
            print(repository["url"], repository["branch"])
            return
        time.sleep(0.5)
    yield f"no pull request was made: {repository}"


def strangers(port: str) -> Iterator[str]:
    """Prints what agents must not reach: containers of networks that are not theirs, and a server on this machine."""
    agents = {network for role in ("vp", "pm", "sales", "engineer") for network in _networks(role)}
    ports = {"searxng": 8080, "rehearsal": 8080, "office": 5180, "gitea": 3000, "web": 8090}
    for name, service in ports.items():
        for network, facts in _networks(name).items():
            if network not in agents and facts["IPAddress"]:
                print(f"{name}={facts['IPAddress']}:{service}")
                if facts["Gateway"]:
                    print(f"machine-by-{name}={facts['Gateway']}:{port}")
    for role in ("pm", "engineer"):
        for network in _networks(role):
            print(f"machine-by-{role}={_gateway(network)}:{port}")
    return
    yield


def _networks(name: str) -> dict[str, dict[str, Any]]:
    return dict(containers()[name]["NetworkSettings"]["Networks"])


def _gateway(network: str) -> str:
    asked = ["docker", "network", "inspect", "-f", "{{range .IPAM.Config}}{{.Gateway}}{{end}}", network]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def summary() -> Iterator[str]:
    """Prints a line for each thing that must outlive the containers."""
    for one in office("/api/missions")["items"]:
        detail = office(f"/api/missions/{one['id']}")
        if detail["finished_at"]:
            print("mission", one["id"], detail["status"], detail["spent_microusd"], len(detail["receipts"]))
            for report in detail["reports"]:
                print("report", report["path"], (Path("shared") / report["path"]).stat().st_size)
            print("repositories", *(r["url"] + "@" + str(r["head"]) for r in detail["repositories"]))
    return
    yield


WHAT = {
    "hardened": hardened, "ports": ports, "sockets": sockets, "money": money, "missions": missions,
    "busy-engineer": busy_engineer, "carries": carries, "continued": continued, "in-progress": in_progress,
    "summary": summary, "looked-up": looked_up, "strangers": strangers,
    "pull-request": pull_request, "computed": computed, "pictured": pictured, "page": page,
}  # fmt: skip

if __name__ == "__main__":
    faults = list(WHAT[sys.argv[1]](*sys.argv[2:]))
    print("\n".join(faults), file=sys.stderr)
    sys.exit(bool(faults))
