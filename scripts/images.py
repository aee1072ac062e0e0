"""The images of others that the company runs or builds on: one a line; with --renew, each at its newest version.

An image keeps its form: the number of parts of its version, its suffix (`-alpine`), and its major version, which
somebody has to decide on. A registry that answers is also asked for the digest, and the reference then holds both.

    python -m scripts.images
    python -m scripts.images --renew
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
from packaging.version import Version

ROOT = Path(__file__).parents[1]
FILES = ("docker-compose.yml", "docker-stack.yml", "agents/Dockerfile", "tests/docker/postgres/Dockerfile")
_REFERENCE = re.compile(
    r"(?:image: |FROM |:-)(?P<name>(?:[\w.-]+:\d+/)?[a-z0-9][a-z0-9./-]*)"
    r":(?P<tag>[\w.-]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_TAG = re.compile(r"(?P<prefix>v?)(?P<version>\d+(?:\.\d+)*)(?P<suffix>-[a-z]+)?")
_MANIFESTS = "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"


@dataclass(frozen=True, slots=True)
class Image:
    """A reference as it stands in a file: name, tag, and the digest if it has one."""

    name: str
    tag: str
    digest: str | None = None

    def __str__(self) -> str:
        return f"{self.name}:{self.tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def place(self) -> tuple[str, str]:
        """The registry's address and the repository there."""
        first, _, rest = self.name.partition("/")
        if rest and ("." in first or ":" in first):
            return (f"http://{first}" if first.startswith("127.") else f"https://{first}"), rest
        return "https://registry-1.docker.io", self.name if rest else f"library/{self.name}"


def images_in(text: str) -> Iterator[Image]:
    """Return each reference to an image of others in a Compose file or a Dockerfile, in its order."""
    for found in _REFERENCE.finditer(text):
        if not found["name"].startswith("damascus-frontier"):
            yield Image(found["name"], found["tag"], found["digest"])


def all_images(root: Path = ROOT) -> list[Image]:
    """Return the images of all files, each once."""
    return sorted({image for name in FILES for image in images_in((root / name).read_text())}, key=str)


def newest(tag: str, tags: list[str]) -> str:
    """Return the tag of the same form and major version with the highest version number."""
    form = _TAG.fullmatch(tag)
    if form is None:
        return tag
    version = form["version"]
    like = re.compile(
        re.escape(form["prefix"])
        + re.escape(version.split(".")[0])
        + r"\.\d+" * version.count(".")
        + re.escape(form["suffix"] or "")
    )
    same_form = [other for other in tags if like.fullmatch(other)]
    return max([tag, *same_form], key=lambda other: Version(_TAG.fullmatch(other)["version"]))  # type: ignore[index]


class Registry:
    """Asks an image's registry; a token that it demands is fetched without an account."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def renewed(self, image: Image) -> Image:
        """Return the image at its newest version, with its digest. Raises httpx.HTTPError if its registry fails."""
        address, repository = image.place
        tags: list[str] = []
        page = f"{address}/v2/{repository}/tags/list?n=1000"
        while page:
            answer = self._get(page)
            tags += answer.json()["tags"]
            more = answer.links.get("next", {}).get("url")
            page = str(httpx.URL(page).join(more)) if more else ""
        tag = newest(image.tag, tags)
        digest = self._get(f"{address}/v2/{repository}/manifests/{tag}").headers["docker-content-digest"]
        return Image(image.name, tag, digest)

    def _get(self, url: str) -> httpx.Response:
        headers = {"Accept": _MANIFESTS} if "/manifests/" in url else {}
        answer = self._client.get(url, headers=headers)
        if answer.status_code == 401:
            asked = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["www-authenticate"]))
            token = self._client.get(asked.pop("realm"), params=asked).raise_for_status().json()["token"]
            answer = self._client.get(url, headers={**headers, "Authorization": f"Bearer {token}"})
        return answer.raise_for_status()


def renew(root: Path, registry: Registry) -> list[str]:
    """Write every image's newest version into the files, and return what was done, a line each."""
    done = []
    for image in all_images(root):
        try:
            new = registry.renewed(image)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            done.append(f"{image}: kept, its registry does not answer ({type(error).__name__})")
            continue
        for name in FILES:
            path = root / name
            path.write_text(path.read_text().replace(str(image), str(new)))
        done.append(f"{image}: {new}")
    return done


def main(words: list[str]) -> int:
    """List the images, or renew them."""
    if words == ["--renew"]:
        with httpx.Client(timeout=30, follow_redirects=True) as client:
            print("\n".join(renew(ROOT, Registry(client))))
    else:
        print("\n".join(map(str, all_images())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
