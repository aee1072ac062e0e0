"""`--alone`: where a command is granted no network of its own, it has that of a container without one, or none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.workshop.jail import loopback
from damascus.workshop.jail.job import Loopback
from damascus.workshop.port import Workshop
from tests.fixtures.processes import of
from tests.fixtures.workshop_server import NO_NAMESPACES, workshop_alone, workshop_server

APP = """
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
ThreadingHTTPServer(("127.0.0.1", 8123), SimpleHTTPRequestHandler).serve_forever()
"""
FETCH = """
import time, urllib.request
for n in range(100):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8123/").read().decode())
        break
    except OSError as error:
        print(error)
        time.sleep(0.1)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A small web program with a page, and what fetches it."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name, text in (("app.py", APP), ("fetch.py", FETCH), ("index.html", "<h1>Invoices</h1>")):
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Workshop]:
    with workshop_alone(tmp_path, "--alone") as workshop:
        yield workshop


async def test_a_page_that_one_command_serves_is_fetched_by_another(alone: Workshop, place: Path) -> None:
    assert (await alone.facts()).loopback == Loopback.SHARED
    server = await alone.start("exec python3 app.py", place)

    fetched = await alone.run("python3 fetch.py", place)
    assert "<h1>Invoices</h1>" in fetched.output, fetched.output
    assert '"GET / HTTP/1.1" 200' in await server.output()

    await server.stop()
    assert of(place) == []
    assert (await alone.run("timeout 3 python3 fetch.py", place)).output.count("Connection refused") > 1


async def test_what_is_said_of_other_tasks_commands_is_true(alone: Workshop, place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "fetch.py").write_text(FETCH)
    server = await alone.start("exec python3 app.py", place)

    assert "<h1>Invoices</h1>" in (await alone.run("python3 fetch.py", other)).output
    await server.stop()


async def test_an_empty_network_that_may_be_somebodys_is_not_shared(place: Path, tmp_path: Path) -> None:
    with workshop_alone(tmp_path) as workshop:
        assert (await workshop.facts()).loopback == Loopback.NONE
        assert "no socket can be opened" in (await workshop.run("python3 app.py", place)).output


async def test_a_network_that_has_more_than_a_loopback_is_not_shared(place: Path, tmp_path: Path) -> None:
    if loopback.is_only():
        pytest.skip("this machine has no network")
    with workshop_server(tmp_path, "--alone", before=NO_NAMESPACES) as server:
        workshop = server.workshop()
        assert (await workshop.facts()).loopback == Loopback.NONE
        assert "no socket can be opened" in (await workshop.run("python3 app.py", place)).output
