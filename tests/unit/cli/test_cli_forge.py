"""`--forge`: where the code goes, said before the company starts."""

from pathlib import Path

import pytest

from tests.unit.cli.scripted_office import Ceo, ScriptedOffice

GITEA = "forge: {kind: '${FORGE:-local}', url: '${GITEA_URL:-}', token: '${GITEA_TOKEN:-}'}\n"


@pytest.fixture
def folder(company_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FORGE", "GITEA_URL", "GITEA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    config = company_folder / "config.yaml"
    config.write_text(config.read_text() + GITEA)
    return company_folder


def test_a_company_that_runs_with_the_other_forge_is_not_used(
    office: ScriptedOffice, folder: Path, ceo: Ceo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITEA_URL", "http://127.0.0.1:9")
    said = ceo("run", "Build it", "--forge", "gitea")
    assert said.code == 2
    assert said.err == "ceo: the company is already running with --forge local; run `ceo down` first to change it\n"


def test_gitea_without_an_address_is_said_before_anything_starts(folder: Path, ceo: Ceo) -> None:
    said = ceo("run", "Build it", "--forge", "gitea")
    assert said.code == 2
    assert "set GITEA_URL" in said.err
    assert not (folder / ".damascus").exists()


def test_a_forge_that_there_is_not_is_refused(folder: Path, ceo: Ceo) -> None:
    said = ceo("run", "Build it", "--forge", "github")
    assert said.code == 2
    assert "gitea" in said.err


def test_a_config_that_does_not_read_the_choice_is_refused(folder: Path, ceo: Ceo) -> None:
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("${FORGE:-local}", "local"))
    said = ceo("run", "Build it", "--forge", "gitea")
    assert said.code == 2
    assert "write `kind: ${FORGE:-local}`" in said.err


@pytest.mark.parametrize(
    ("url", "what"),
    [("gitea:3000", "must begin with http"), ("http://me:secret@gitea", "must not contain a name or password")],
)
def test_an_address_that_will_not_do_is_named_without_its_secret(
    folder: Path, ceo: Ceo, monkeypatch: pytest.MonkeyPatch, url: str, what: str
) -> None:
    monkeypatch.setenv("GITEA_URL", url)
    said = ceo("run", "Build it", "--forge", "gitea")
    assert said.code == 2
    assert what in said.err
    assert "secret" not in said.err
