"""Secrets that stand in files, and logs that people read."""

import logging
from pathlib import Path

import pytest

from damascus.core import log, settings
from damascus.core.errors import Misconfigured

ROOT = Path(__file__).parents[3]


def test_a_secret_may_stand_in_a_file_and_is_blotted_out_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:pass-word@redis:6379/0\n")
    (tmp_path / "key").write_text("sk-secret")
    env = {"REDIS_URL_FILE": str(tmp_path / "url"), "LLM_API_KEY_FILE": str(tmp_path / "key")}
    found = settings.load(ROOT, env)
    assert found.redis.url == "redis://:pass-word@redis:6379/0"
    assert {"pass-word", "sk-secret"} <= set(found.secrets())


def test_what_is_said_outright_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://from-the-file")
    env = {"REDIS_URL": "redis://said", "REDIS_URL_FILE": str(tmp_path / "url")}
    assert settings.load(ROOT, env).redis.url == "redis://said"


def test_a_file_that_is_not_there_is_an_error_and_not_an_empty_secret(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="LEDGER_URL_FILE"):
        settings.load(ROOT, {"LEDGER_URL_FILE": str(tmp_path / "none")})


def test_a_log_file_holds_what_standard_error_says_without_the_secrets(tmp_path: Path) -> None:
    path = settings.load(ROOT, {"DAMASCUS_LOGS": str(tmp_path / "logs"), "LLM_API_KEY": "s3cret"}).log_file("vp")
    assert path == tmp_path / "logs" / "vp.log"
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        log.configure_logging(file=path)
        logging.getLogger("x").info("it knows s3cret")
    finally:
        for handler in set(root.handlers) - set(before):
            handler.close()
        root.handlers, root.level = before, level
    assert path.read_text().endswith("x: it knows ***\n")


def test_without_a_folder_for_logs_there_is_no_file() -> None:
    assert settings.load(ROOT, {}).log_file("vp") is None


def test_a_folder_for_logs_that_cannot_be_written_is_said_with_its_variable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="DAMASCUS_LOGS"):
        log.configure_logging(file=tmp_path / "file" / "vp.log")


@pytest.mark.parametrize(
    "line",
    [
        "\ufeffPLAYBOOK=report", "PLAYBOOK=report\r", "PLAYBOOK= report ", "export PLAYBOOK=report",
        "PLAYBOOK = report",
        "PLAYBOOK='report'", 'PLAYBOOK="report"', "PLAYBOOK=report # the default", 'export PLAYBOOK = "report" # so',
        "PLAYBOOK='report' # so\r", 'PLAYBOOK=" report "', "  PLAYBOOK=report",
    ],
)  # fmt: skip
def test_a_line_of_dot_env_may_be_written_as_people_write_it(tmp_path: Path, line: str) -> None:
    (tmp_path / "config.yaml").write_text("\ufeffplaybook: ${PLAYBOOK:-startup}\r\n", encoding="utf-8")
    (tmp_path / ".env").write_bytes(f"{line}\nA=b\n".encode())
    assert settings.load(tmp_path, {}).playbook == "report"


@pytest.mark.parametrize("value", ["report", " report", "report\r", "report\r\n", '"report"', "'report'", ' "report" '])
def test_blanks_and_quotes_around_a_variable_do_not_belong_to_it(tmp_path: Path, value: str) -> None:
    """`docker run --env-file` keeps quotes, `set -a; . .env` keeps the CR of a file from Windows."""
    (tmp_path / "config.yaml").write_text("playbook: ${PLAYBOOK:-startup}\n")
    assert settings.load(tmp_path, {"PLAYBOOK": value}).playbook == "report"


@pytest.mark.parametrize("value", ["a b", "a#b", "it's", 'say "so"', "'", '"', "\"a'", "a=b"])
def test_what_is_within_a_value_stays(tmp_path: Path, value: str) -> None:
    (tmp_path / "config.yaml").write_text("company: {name: '${NAME:-x}'}\n")
    assert settings.load(tmp_path, {"NAME": value}).company.name == value


def test_a_variable_of_blanks_only_counts_as_not_given(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("playbook: ${PLAYBOOK:-startup}\n")
    assert settings.load(tmp_path, {"PLAYBOOK": "  "}).playbook == "startup"
    assert settings.load(tmp_path, {"PLAYBOOK": '""'}).playbook == "startup"


def test_a_secrets_file_may_begin_with_a_mark_and_end_in_cr_lf(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes("\ufeffsk-secret\r\n".encode())
    assert settings.load(ROOT, {"LLM_API_KEY_FILE": str(tmp_path / "key")}).secrets() == ["sk-secret"]
