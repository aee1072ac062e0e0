"""The page is sent to all who reach the port, as it was built; the company's answers are not."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from damascus.composition.company import Company
from damascus.office.app import create_app
from damascus.office.page import ROOTS, is_page

ROUTES = Path(__file__).parents[3] / "dashboard/src/app/routes.tsx"
SCRIPT = "console.log('the page')"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>the page</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets/index-Ab12.js").write_text(SCRIPT)
    (tmp_path / "assets/index-Ab12.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (tmp_path / "secret.js").write_text("not for you")
    return tmp_path


@pytest.fixture
async def visitor(office: Company, built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has logged in."""
    app = create_app(office, "a-token")
    app.state.page = built
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/stage", "/missions/a-mission", "/reports/a-mission/README"])
async def test_each_address_of_the_page_brings_the_page(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path, headers={"Sec-Fetch-Site": "cross-site"})  # also by a link from elsewhere
    assert answer.text == "<!doctype html><title>the page</title>"
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "unsafe-inline" not in answer.headers["content-security-policy"]


async def test_what_is_named_by_its_content_is_never_asked_for_again(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/assets/index-Ab12.js", headers={"Accept-Encoding": "br, gzip"})
    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_who_takes_nothing_compressed_gets_it_whole(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/assets/index-Ab12.js", headers={"Accept-Encoding": "identity"})
    assert answer.text == SCRIPT
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path",
    ["/assets/..%2fsecret.js", "/assets/%2e%2e/secret.js", "/assets/none.js", "/assets/index-Ab12.js.gz", "/assets/"],
)
async def test_nothing_but_the_built_files_is_sent(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code in (401, 404)
    assert "not for you" not in answer.text


@pytest.mark.parametrize("path", ["/api/missions", "/api/session", "/stages", "/metrics", "/stage/../api/missions"])
async def test_what_is_not_the_page_asks_who_comes(visitor: httpx.AsyncClient, path: str) -> None:
    assert (await visitor.get(path)).status_code == 401
    assert not is_page("GET", path.replace("/stage/..", ""))


async def test_the_page_is_only_read(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.post("/stage")).status_code == 401


async def test_a_company_without_the_page_says_how_to_get_it(visitor: httpx.AsyncClient, built: Path) -> None:
    (built / "index.html").unlink()
    answer = await visitor.get("/")
    assert answer.status_code == 404
    assert "`make page` builds it" in answer.json()["detail"]


def test_every_address_that_the_page_knows_is_served() -> None:
    addresses = re.findall(r'^  \["(/[a-z]+)', ROUTES.read_text(), re.MULTILINE)
    assert {address.removeprefix("/") for address in addresses} == set(ROOTS)
