"""Which processes there are, what each is told, and what is refused before any of them is started."""

from pathlib import Path

import pytest

from damascus.core.errors import Misconfigured
from damascus.core.settings import SECRETS_IN_FILES, Settings, load
from damascus.supervisor.process_specs import check_environment_is_read, check_staff, company_specs, redis_spec, roles

ROOT = Path(__file__).parents[3]
PERSONAS = ROOT / "agents" / "personas"
REDIS_URLS = {name: f"redis://{name}:pw@127.0.0.1:1/0" for name in ("office", "vp", "pm", "sales", "engineer")}


def settings(root: Path, **env: str) -> Settings:
    (root / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    return load(root, env)


def persona(folder: Path, role: str) -> None:
    text = (PERSONAS / "sales.md").read_text()
    (folder / f"{role}.md").write_text(text.replace("role: sales", f"role: {role}"))


def test_there_is_one_agent_for_each_role_and_the_vp_is_first(tmp_path: Path) -> None:
    specs = company_specs(settings(tmp_path), tmp_path, PERSONAS, REDIS_URLS)
    assert specs.first.name == "vp-1"
    assert [spec.name for spec in specs.others] == ["engineer-1", "pm-1", "sales-1"]
    assert [spec.name for spec in specs.late] == ["web"]
    assert specs.first.command[-4:] == ["--role", "vp", "--name", "vp-1"]


def test_a_persona_that_was_added_gets_a_process(tmp_path: Path) -> None:
    for role in ("vp", "lawyer"):
        persona(tmp_path, role)
    assert roles(tmp_path) == ["vp", "lawyer"]


def test_without_a_model_the_rehearsal_is_started_and_everybody_is_told_where(tmp_path: Path) -> None:
    specs = company_specs(settings(tmp_path), tmp_path, PERSONAS, REDIS_URLS)
    assert [service.name for service in specs.services] == ["rehearsal", "office"]
    for spec in (specs.services[1], specs.first, *specs.others):
        told = load(tmp_path, spec.env)
        assert told.model.base_url.startswith("http://127.0.0.1:")
        assert told.model.rehearsal
        assert told.redis.url == REDIS_URLS[spec.name.removesuffix("-1")]


@pytest.mark.parametrize("name", ["gpt-x", "rehearsal"])
def test_a_model_s_server_that_is_given_is_used(tmp_path: Path, name: str) -> None:
    given = settings(tmp_path, LLM_BASE_URL="http://model/v1", LLM_MODEL=name)
    assert [service.name for service in company_specs(given, tmp_path, PERSONAS, REDIS_URLS).services] == ["office"]


def test_redis_is_given_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_API_KEY", "sk-secret")
    monkeypatch.setenv("OFFICE_TOKEN", "secret")
    spec = redis_spec(settings(tmp_path), tmp_path, ["redis-server"])
    assert "secret" not in str(spec.env)
    assert "PATH" in spec.env


def test_a_config_in_which_children_would_not_read_what_they_are_told_is_refused(tmp_path: Path) -> None:
    given = settings(tmp_path)
    env = company_specs(given, tmp_path, PERSONAS, REDIS_URLS).first.env
    check_environment_is_read(given, tmp_path, env)
    for gone in ("${REDIS_URL:-}", "${LLM_BASE_URL:-}"):
        (tmp_path / "config.yaml").write_text((ROOT / "config.yaml").read_text().replace(gone, '""'))
        with pytest.raises(
            Misconfigured, match=r"restore `.*; the supervisor hands this value to every process"
        ) as refused:
            check_environment_is_read(given, tmp_path, env)
        assert gone in str(refused.value)


def test_the_playbooks_that_come_with_the_company_fit_its_staff() -> None:
    for name in ("choose", "startup", "report", "software", "small-tool", "decision", "research", "existing-code"):
        check_staff(Settings(playbook=name), ROOT, PERSONAS)


def test_a_playbook_that_gives_work_to_nobody_is_refused_by_name(tmp_path: Path) -> None:
    persona(tmp_path, "vp")
    with pytest.raises(Misconfigured, match=r"startup\.yaml: task '.*': there is no persona for the role '(pm|sales)'"):
        check_staff(Settings(playbook="startup"), ROOT, tmp_path)


def test_an_unknown_playbook_is_refused() -> None:
    with pytest.raises(Misconfigured, match="there is no playbook 'nope'"):
        check_staff(Settings(playbook="nope"), ROOT, PERSONAS)


@pytest.mark.parametrize("given", [{"WEB": "false"}, {"WEB_URL": "http://web:8090"}])
def test_a_company_with_another_way_out_or_none_starts_none(tmp_path: Path, given: dict[str, str]) -> None:
    assert company_specs(settings(tmp_path, **given), tmp_path, PERSONAS, REDIS_URLS).late == []


def test_who_reads_pages_and_who_stands_in_for_a_model_hold_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*SECRETS_IN_FILES, "GITEA_TOKEN"):
        monkeypatch.setenv(name, "s3cret")
    specs = company_specs(settings(tmp_path), tmp_path, PERSONAS, REDIS_URLS)
    assert {spec.name for spec in (*specs.services, *specs.late)} >= {"web", "rehearsal"}
    for spec in (*specs.services, *specs.late):
        if spec.name in ("web", "rehearsal"):
            assert "s3cret" not in str(spec.env)
            assert not spec.env["REDIS_URL"]


def test_a_web_service_that_cannot_start_ends_nothing_else(tmp_path: Path) -> None:
    specs = company_specs(settings(tmp_path), tmp_path, PERSONAS, REDIS_URLS)
    assert [spec.exit_2_is_final for spec in specs.late] == [False]
    assert all(spec.exit_2_is_final for spec in (*specs.services, specs.first, *specs.others))
