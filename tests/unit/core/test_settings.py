"""Settings: three sources, one winner; what is wrong is named with its file, key and nearest known name."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core import settings
from damascus.core.errors import Misconfigured
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade

ROOT = Path(__file__).parents[3]


def company(tmp_path: Path, text: str, env: str = "") -> Path:
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / ".env").write_text(env)
    return tmp_path


def test_the_projects_own_file_holds_the_defaults_of_the_program() -> None:
    shipped = settings.load(ROOT, {})
    assert shipped.model_copy(update={"company": settings.CompanySettings()}) == settings.Settings()


def test_the_environment_wins_over_dot_env_which_wins_over_the_default(tmp_path: Path) -> None:
    root = company(tmp_path, "playbook: ${PLAYBOOK:-startup}\n", "PLAYBOOK=report\n")
    assert settings.load(root, {}).playbook == "report"
    assert settings.load(root, {"PLAYBOOK": "software"}).playbook == "software"
    (root / ".env").unlink()
    assert settings.load(root, {}).playbook == "startup"


def test_a_default_may_name_another_variable(tmp_path: Path) -> None:
    root = company(tmp_path, "playbook: ${A:-${B:-c}}\n")
    assert [settings.load(root, env).playbook for env in ({}, {"B": "b"}, {"A": "a", "B": "b"})] == ["c", "b", "a"]


def test_working_copies_and_checks_lie_in_shared_and_home_unless_they_get_a_folder_of_their_own() -> None:
    here = settings.load(ROOT, {})
    assert (here.workspaces, here.checks) == (here.home / "workspaces", here.home / "checks")
    there = settings.load(ROOT, {"WORKSPACES": "/workspaces"})
    assert (there.workspaces, there.checks) == (Path("/workspaces"), Path("/workspaces/checks"))


@pytest.mark.parametrize("name", ["WORKSHOP_SOCKET", "WORKSPACES"])
def test_what_two_containers_must_find_at_one_place_is_an_absolute_path(name: str) -> None:
    with pytest.raises(Misconfigured, match="workshop"):
        settings.load(ROOT, {name: "somewhere/here"})


def test_the_old_name_of_a_key_is_read_for_one_release(tmp_path: Path) -> None:
    assert settings.load(company(tmp_path, "limits: {service_wait: 7}\n"), {}).limits.service_wait == 7
    assert settings.load(company(tmp_path, "limits: {model_patience: 7}\n"), {}).limits.service_wait == 7


def test_what_is_known_of_a_model_is_read_by_its_name(tmp_path: Path) -> None:
    text = "models:\n  qwen3:8b: {context_window: 32768, price: Free, timeout: 900, stream: false}\n"
    known = settings.load(company(tmp_path, text), {}).models["qwen3:8b"]
    assert (known.context_window, known.timeout, known.stream, known.max_output_tokens) == (32768, 900, False, None)
    assert known.price == settings.Price(input=0, output=0)
    assert known.price.is_free


@pytest.mark.parametrize(
    ("price", "is_free"),
    [
        ({}, True),
        ({"input": 0.1}, False),
        ({"output": 0.1}, False),
        ({"request": 0.1}, False),
        ({"long_context": {"above": 9, "input": 1, "output": 0}}, False),
    ],
)
def test_a_price_is_free_if_nothing_of_it_costs_anything(price: dict[str, Any], is_free: bool) -> None:
    assert settings.Price.model_validate({"input": 0, "output": 0, **price}).is_free == is_free


def test_the_old_place_of_prices_is_read_for_one_release_and_the_new_one_goes_before(tmp_path: Path) -> None:
    old = "model: {prices: {a: {input: 1, output: 2}, b: {input: 3, output: 4}, c: {input: 5, output: 6}}}\n"
    new = "models: {b: {context_window: 9}, c: {price: free}, d: {}}\n"
    read = settings.load(company(tmp_path, old + new), {}).models
    prices = {name: (one.price.input, one.price.output) if one.price else None for name, one in read.items()}
    assert prices == {"a": (1, 2), "b": (3, 4), "c": (0, 0), "d": None}
    assert read["b"].context_window == 9
    assert settings.load(company(tmp_path, "model: {prices: {}}\nmodels:\n"), {}).models == {}


def test_a_value_from_the_environment_is_not_interpolated_again(tmp_path: Path) -> None:
    root = company(tmp_path, "playbook: ${A:-x}\n")
    assert "secret" not in settings.load(root, {"A": "${B}", "B": "secret"}).playbook


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("budgets: {}\n", "unknown key `budgets`; did you mean `budget`"),
        ("budget: {misson: 3}\n", "unknown key `budget.misson`; did you mean `mission`"),
        ("budget: {mission: lots}\n", "budget.mission"),
        ("budget: {mission: -1}\n", "budget.mission"),
        ("office: {port: 99999}\n", "office.port"),
        ("model: {base_url: 'http://x'}\n", "set LLM_MODEL"),
        ("model: {base_url: 'ftp://x', tiers: {strong: m, standard: m, cheap: m}}\n", "http:// or https://"),
        ("model: {tiers: {strong: m}}\n", "every tier"),
        ("forge: {kind: hub}\n", "forge.kind"),
        ("models: {m: {price: cheap}}\n", "models.m.price: expected `free` or {input: USD, output: USD}"),
        ("models: {m: {price: {input: 1}}}\n", "models.m.price.output"),
        ("models: {m: {window: 1}}\n", "unknown key `models.m.window`"),
        ("models: {m: {context_window: 0}}\n", "models.m.context_window"),
        ("models: [m]\n", "models"),
        ("model: {prices: [m]}\n", "unknown key `model.prices`"),
        ("a: [1\n", "not valid YAML"),
        ("- a\n- b\n", "expected sections"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(Misconfigured) as error:
        settings.load(company(tmp_path, text), {})
    assert says in str(error.value)
    assert "config.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_secret_is_in_no_error_and_in_no_print(tmp_path: Path) -> None:
    root = company(
        tmp_path,
        "model: {api_key: '${LLM_API_KEY:-}', base_url: 'nonsense', tiers: {strong: m}}\n",
    )
    with pytest.raises(Misconfigured) as error:
        settings.load(root, {"LLM_API_KEY": "sk-very-secret"})
    assert "sk-very-secret" not in str(error.value)
    good = settings.load(company(tmp_path, "model: {api_key: '${LLM_API_KEY:-}'}\n"), {"LLM_API_KEY": "sk-very-secret"})
    assert "sk-very-secret" not in repr(good) + str(good)
    assert good.secrets() == ["sk-very-secret"]


def test_no_model_means_the_rehearsal_and_a_model_never_does() -> None:
    named = {"LLM_BASE_URL": "http://127.0.0.1:1/v1", "LLM_MODEL": "qwen"}
    assert settings.load(ROOT, {}).model.rehearsal
    assert not settings.load(ROOT, named).model.rehearsal


@given(st.text(max_size=300))
def test_any_file_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.mktemp("any")
    (root / "config.yaml").write_text(text, encoding="utf-8", errors="replace")
    try:
        settings.load(root, {})
    except Misconfigured as error:
        assert "config.yaml" in str(error)


ODD_NAMES = ["a%20b", "a b", "what?x=1", "c#1", "it's", 'say "so"', "M\u00fcller", "a;b&c", "50%", "%2F", "a:b@c"]


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_the_ledger_lies_in_the_companys_folder_whatever_that_is_called(tmp_path: Path, name: str) -> None:
    """A name like `a%20b` was decoded, and that company shared the ledger of the one in `a b`."""
    root = tmp_path / name
    root.mkdir()
    ledger = Ledger(settings.load(root, {}).ledger_url)
    await upgrade(ledger)
    await ledger.close()
    assert (root / ".damascus" / "ledger.sqlite3").stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_address_of_sqlite_with_a_question_mark_is_refused_since_the_rest_would_be_lost() -> None:
    with pytest.raises(Misconfigured, match="%3F"):
        Ledger("sqlite:////tmp/what?x/ledger.sqlite3")
