"""Class: what others made comes in unseen, because its version floats or nothing checks what arrives."""

import json
import re
import shutil
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from damascus.core.settings import CompanySettings, ForgeSettings, ModelSettings, Settings, Tiers
from damascus.doctor.checks.forge import check_forge
from damascus.doctor.checks.litellm import check_litellm
from damascus.doctor.floors import FLOORS, below_floor
from scripts.images import FILES, Image, Registry, all_images, images_in, newest, renew

ROOT = Path(__file__).parents[2]
KIND = "supply chain"
DIGEST = "sha256:" + "5" * 64


@pytest.fixture
def pages() -> Iterator[tuple[str, dict[str, tuple[int, dict[str, str], Any]]]]:
    """An HTTP server's address, and what it answers: path to status, headers and JSON."""
    answers: dict[str, tuple[int, dict[str, str], Any]] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path if "Authorization" not in self.headers else f"{self.path} {self.headers['Authorization']}"
            status, headers, body = answers.get(path) or answers.get(self.path) or (404, {}, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()


@pytest.mark.attack("an image that changes under its tag", KIND)
def test_every_image_has_a_whole_version_and_the_same_in_every_file() -> None:
    images = all_images()
    assert {image.name.split("/")[-1] for image in images} == {
        "redis",
        "litellm",
        "gitea",
        "postgres",
        "node",
        "python",
    }
    for image in images:
        parts = 2 if image.name == "postgres" else 3  # PostgreSQL's versions have two
        assert re.fullmatch(rf"v?\d+(\.\d+){{{parts - 1}}}(-\w+)*", image.tag), image
    for path in ("docker-compose.yml", "docker-stack.yml"):
        named = re.findall(r"^ +image: (.*)$", (ROOT / path).read_text(), re.MULTILINE)
        others = [name for name in named if "damascus-frontier" not in name]
        assert len(others) == len(list(images_in("\n".join(f"image: {name}" for name in others))))


@pytest.mark.attack("a program with a known hole beside the company", KIND)
def test_nothing_that_we_name_is_below_its_floor() -> None:
    versions = {image.name.split("/")[-1]: re.findall(r"\d+(?:\.\d+)+", image.tag)[0] for image in all_images()}
    lock = (ROOT / "requirements.lock").read_text()
    versions["gitpython"] = re.findall(r"^gitpython==(\S+)", lock, re.MULTILINE)[0]
    for program in FLOORS:
        assert below_floor(program, versions[program]) is None
    shown = (ROOT / "docs" / "how-to" / "versions.md").read_text()
    for program, floor in FLOORS.items():
        assert re.search(rf"\| {program} \| {re.escape(floor.version)} \|", shown, re.IGNORECASE), program


def test_a_floor_holds_its_own_version_and_none_before() -> None:
    assert below_floor("gitea", "1.27.1") is None
    assert below_floor("gitea", "1.28.0+dev-12-gabc") is None
    assert "CVE-2026-60004" in (below_floor("gitea", "1.27.0") or "")
    assert "1.84.0" in (below_floor("litellm", "1.82.7") or "")
    assert below_floor("gitea", "of our own making") is None


@pytest.mark.attack("a package that is not the one that was locked", KIND)
def test_whatever_installs_a_package_checks_its_hash() -> None:
    texts = {name: (ROOT / name).read_text().replace("\\\n", " ") for name in ("Makefile", "agents/Dockerfile")}
    lines = [line for text in texts.values() for line in text.splitlines()]
    commands = [line for line in lines if re.search(r"pip (install|sync) ", line)]
    assert len(commands) == 6
    for command in commands:
        own_code = "--no-deps --no-build-isolation --editable ." in command
        assert own_code or "--require-hashes" in command, command
    assert "npm ci " in texts["agents/Dockerfile"]
    assert "npm install" not in texts["agents/Dockerfile"]
    for lock in ("requirements.lock", "config/workshop/pip.lock"):
        text = (ROOT / lock).read_text().replace("\\\n", " ")
        pins = re.findall(r"^[\w.-]+==.*$", text, re.MULTILINE)
        assert pins
        assert all("--hash=sha256:" in pin for pin in pins)
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert [re.split(r"\W", name)[0] + "==" in (ROOT / "requirements.lock").read_text() for name in build] == [True]


@pytest.mark.attack("a LiteLLM with a known hole", KIND)
@pytest.mark.parametrize("page", ["/health/readiness/details Bearer sk-1", "/health/readiness"])
async def test_the_doctor_names_a_litellm_below_its_floor(pages: Any, page: str) -> None:
    address, answers = pages
    answers[page] = (200, {}, {"status": "healthy", "litellm_version": "1.82.8"})
    tiers = Tiers(strong="m", standard="m", cheap="m")
    settings = Settings(model=ModelSettings(base_url=f"{address}/v1", api_key=SecretStr("sk-1"), tiers=tiers))
    found = await check_litellm(settings)
    assert not found.ok
    assert "1.82.8" in found.detail
    answers[page] = (200, {}, {"litellm_version": FLOORS["litellm"].version})
    assert (await check_litellm(settings)).ok
    answers.clear()
    assert (await check_litellm(settings)).ok


@pytest.mark.attack("a Gitea with a known hole", KIND)
@pytest.mark.parametrize(("version", "ok"), [("1.26.3", False), ("1.27.1", True)])
async def test_the_doctor_names_a_gitea_below_its_floor(pages: Any, tmp_path: Path, version: str, ok: bool) -> None:
    address, answers = pages
    answers["/api/v1/version"] = (200, {}, {"version": version})
    answers["/api/v1/user"] = (200, {}, {"login": "founder"})
    settings = Settings(
        company=CompanySettings(shared=tmp_path),
        forge=ForgeSettings(kind="gitea", url=address, token=SecretStr("t")),
    )
    found = await check_forge(settings)
    assert found.ok is ok
    assert version in found.detail


def test_the_newest_tag_is_the_highest_of_the_same_form_and_major_version() -> None:
    tags = ["8.4.2-alpine", "8.10.0-alpine", "8.9-alpine", "9.0.0-alpine", "8.11.0", "8.12.0-rc1-alpine", "latest"]
    assert newest("8.4.2-alpine", tags) == "8.10.0-alpine"
    assert newest("v1.84.0", ["1.99.0", "v1.100.2", "v1.101.0-rc.1"]) == "v1.100.2"
    assert newest("8.4.2-alpine", []) == "8.4.2-alpine"


def test_images_are_renewed_in_every_file_with_their_digests(pages: Any, tmp_path: Path) -> None:
    """Docker's registry protocol: a token on demand, pages by Link, the digest in a header of the manifest."""
    address, answers = pages
    host = address.removeprefix("http://")
    demand = {"WWW-Authenticate": f'Bearer realm="{address}/token",service="r",scope="s"'}
    tags = "/v2/some/redis/tags/list?n=1000"
    answers[tags] = (401, demand, {})
    answers["/token?service=r&scope=s"] = (200, {}, {"token": "t"})
    answers[f"{tags} Bearer t"] = (200, {"Link": '</more>; rel="next"'}, {"tags": ["8.4.3-alpine"]})
    answers["/more"] = (200, {}, {"tags": ["8.5.0-alpine", "8.6.0"]})
    answers["/v2/some/redis/manifests/8.5.0-alpine"] = (200, {"Docker-Content-Digest": DIGEST}, {})
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"    image: {host}/some/redis:8.4.2-alpine\n")
    shutil.copy(ROOT / "agents" / "Dockerfile", tmp_path / "agents" / "Dockerfile")

    with httpx.Client(transport=OnlyTo(host)) as client:
        done = renew(tmp_path, Registry(client))

    new = f"{host}/some/redis:8.5.0-alpine@{DIGEST}"
    assert f"{host}/some/redis:8.4.2-alpine: {new}" in done
    assert (tmp_path / "docker-stack.yml").read_text() == f"    image: {new}\n"
    assert sum("kept, its registry does not answer" in line for line in done) == 2  # Debian's and Node's
    assert (tmp_path / "agents" / "Dockerfile").read_text() == (ROOT / "agents" / "Dockerfile").read_text()
    (renewed,) = images_in((tmp_path / "docker-stack.yml").read_text())
    assert renewed == Image(f"{host}/some/redis", "8.5.0-alpine", DIGEST)


class OnlyTo(httpx.HTTPTransport):
    """A network on which nothing but one host can be reached."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc.decode() != self._host:
            raise httpx.ConnectError("unreachable")
        return super().handle_request(request)
