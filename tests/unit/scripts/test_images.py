"""Which image is the newest, and that it is written wherever it is named."""

import shutil
from pathlib import Path
from typing import Any

import httpx

from scripts.images import FILES, Image, Registry, images_in, newest, renew

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "5" * 64


class OnlyTo(httpx.HTTPTransport):
    """A network on which nothing but one host can be reached."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self._host = host

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.netloc.decode() != self._host:
            raise httpx.ConnectError("unreachable")
        return super().handle_request(request)


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
