"""Class: what others made comes in unseen, because its version floats or nothing checks what arrives."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from damascus.core.minimums import SAFE, below_safe
from damascus.core.settings import CompanySettings, ForgeSettings, ModelSettings, Settings, Tiers
from damascus.doctor.checks.forge import check_forge
from damascus.doctor.checks.litellm import check_litellm
from scripts.images import all_images, images_in

ROOT = Path(__file__).parents[2]
KIND = "supply chain"
DIGEST = "sha256:" + "5" * 64


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
        "searxng",
    }
    for image in images:
        if image.name.endswith("searxng"):  # a date, and the commit
            assert re.fullmatch(r"\d{4}\.\d+\.\d+-[0-9a-f]{9}", image.tag)
            continue
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
    for program in SAFE:
        assert below_safe(program, versions[program]) is None


@pytest.mark.attack("a package that is not the one that was locked", KIND)
def test_whatever_installs_a_package_checks_its_hash() -> None:
    texts = {
        name: (ROOT / name).read_text().replace("\\\n", " ")
        for name in ("Makefile", "scripts/setup", "scripts/page", "agents/Dockerfile")
    }
    lines = [line for text in texts.values() for line in text.splitlines()]
    commands = [line for line in lines if re.search(r"pip (install|sync) ", line)]
    assert len(commands) == 9
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
    answers[page] = (200, {}, {"litellm_version": SAFE["litellm"].version})
    assert (await check_litellm(settings)).ok
    answers.clear()
    assert (await check_litellm(settings)).ok


@pytest.mark.attack("a Gitea with a known hole", KIND)
@pytest.mark.parametrize(("version", "ok"), [("1.26.3", False), ("1.27.1", True)])
async def test_the_doctor_names_a_gitea_below_its_floor(pages: Any, tmp_path: Path, version: str, ok: bool) -> None:
    address, answers = pages
    answers["/api/v1/version"] = (200, {}, {"version": version})
    answers["/api/v1/user"] = (200, {}, {"login": "founder"})
    answers["/api/v1/user/repos?limit=1"] = (200, {}, [])
    settings = Settings(
        company=CompanySettings(shared=tmp_path),
        forge=ForgeSettings(kind="gitea", url=address, token=SecretStr("t")),
    )
    found = await check_forge(settings)
    assert found.ok is ok
    assert version in found.detail
