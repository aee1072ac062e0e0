"""Every HTTP client is built from a `Route`: one policy for proxies and certificates (`core/network`)."""

import ast
from pathlib import Path

from tests.fixtures.tree import ROOT, sources

CLIENTS = {
    "Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport", "DefaultAsyncHttpx2Client", "DefaultHttpx2Client",
    "DefaultAsyncHttpxClient", "DefaultHttpxClient", "HTTPConnection", "HTTPSConnection", "urlopen", "ClientSession",
    "Session", "PoolManager",
}  # fmt: skip
MODULES = {"httpx", "httpx2", "openai", "http.client", "urllib.request", "aiohttp", "requests", "urllib3"}
BESIDE = {  # what leads nowhere but to this machine and its containers
    "damascus/workshop/remote.py": "a Unix socket",
    "damascus/web/remote.py": "the service that reads pages, by a Unix socket or a container's name",
    "damascus/supervisor/worker_presence.py": "the office of this company, by the standard library",
}


def calls(path: Path) -> list[ast.Call]:
    """Calls that build an HTTP client or ask at once."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module, name = ast.unparse(node.func.value), node.func.attr
            if module in MODULES and (name in CLIENTS or name in ("get", "post", "request", "stream")):
                found.append(node)
    return found


def test_no_client_is_built_but_from_a_route() -> None:
    wrong, built = [], 0
    for path in sources():
        name = str(path.relative_to(ROOT))
        routed = "from damascus.core.network import Route" in path.read_text()
        for call in calls(path):
            built += 1
            spread = any(keyword.arg is None for keyword in call.keywords)  # **route.client_options()
            inner = any(keyword.arg == "transport" for keyword in call.keywords)  # which is in this list itself
            if name not in BESIDE and not (routed and (spread or inner)):
                wrong.append(f"{name}: {ast.unparse(call)[:80]}")
    assert not wrong
    assert built >= 5


def test_nothing_else_speaks_http_by_itself() -> None:
    used = {"urllib.request", "requests", "aiohttp", "urllib3"}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not used & set(names), path
            assert not (isinstance(node, ast.ImportFrom) and node.module in used), path


def test_no_client_reads_the_environment_by_itself() -> None:
    """`trust_env` is what would: each is off, by hand or by `client_options`."""
    on = [
        str(path)
        for path in sources()
        if "trust_env=True" in path.read_text() or '"trust_env": True' in path.read_text()
    ]
    assert not on
