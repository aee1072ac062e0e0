"""Whole missions through a real LiteLLM, with models by their real names: what their providers sign comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.company import Company, founded
from tests.fixtures.model import Model, rehearsal
from tests.fixtures.real_litellm import KEY, MODELS, litellm

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """Every provider at once: it checks each field that it gave."""
    with rehearsal(tmp_path_factory.mktemp("provider")) as model:
        for quirk in {one.quirk for one in MODELS.values()} - {""}:
            model.play_file({"name": quirk, "steps": [{"fault": "quirk", "options": {"name": quirk}, "times": 0}]})
        yield model


@pytest.fixture(scope="module")
def proxy(provider: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with litellm(tmp_path_factory.mktemp("litellm"), provider.home) as url:
        yield url


@pytest.mark.parametrize("name", MODELS)
def test_a_mission_succeeds_with_this_model(name: str, proxy: str, provider: Model, tmp_path: Path) -> None:
    before = provider.stats()["by_fault"].get("native", 0)
    with founded(tmp_path / "root", None, {"LLM_BASE_URL": proxy, "LLM_API_KEY": KEY, "LLM_MODEL": name}) as company:
        company.up()
        mission = played(company, MODELS[name].quirk)
        company.down()
    assert mission["status"] == "succeeded", mission["reason"]
    assert provider.stats()["by_fault"].get("native", 0) - before <= 8, "it learns what a provider does not take, once"


def played(company: Company, quirk: str) -> dict[str, object]:
    chosen = f"[{quirk}] " if quirk else ""
    return company.ended(company.give(f"{chosen}Compare three note apps for freelancers", playbook="report"))
