"""`ceo open` and `ceo session`: a browser is logged in, shown and logged out, and no other user can read its code."""

import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from damascus.cli.commands import sessions
from tests.unit.cli import scripted
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that a browser was asked to open, on a terminal."""
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: found.append(url) or True)
    monkeypatch.setattr(sessions.sys.stdout.__class__, "isatty", lambda _: True, raising=False)
    return found


def test_a_link_is_printed_and_opened_by_a_file_that_only_its_owner_reads(
    office: ScriptedOffice, ceo: Ceo, opened: list[str]
) -> None:
    said = ceo("open")
    link = f"{office.url}/login#a-long-code"
    assert said.out.splitlines()[0] == link
    (url,) = opened
    page = Path(unquote(urlsplit(url).path))
    assert "a-long-code" not in url
    assert link in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600


def test_nothing_is_opened_where_it_is_not_wanted(office: ScriptedOffice, ceo: Ceo, opened: list[str]) -> None:
    assert ceo("open", "--no-browser").code == 0
    assert ceo("open", "--json").json["url"] == f"{office.url}/login#a-long-code"
    assert opened == []


def test_a_code_for_another_device_is_shown_in_two_groups(office: ScriptedOffice, ceo: Ceo, opened: list[str]) -> None:
    said = ceo("open", "--pair")
    assert f"open {office.url}/login and type ABCD 2345" in said.out
    assert opened == []


def test_browsers_are_listed_and_logged_out(office: ScriptedOffice, ceo: Ceo) -> None:
    assert "ses_1" in ceo("session", "list").out
    assert "\x1b" not in ceo("session", "list").out
    assert ceo("session", "end", "ses").out.startswith("logged out: A browser")
    assert ceo("session", "end", "nobody").code == 2


def test_a_link_has_the_name_that_browsers_reach_the_office_by(
    office: ScriptedOffice, ceo: Ceo, opened: list[str], company_folder: Path
) -> None:
    (company_folder / "config.yaml").write_text("office: {public_url: 'https://office.example.org/'}\n")
    assert ceo("open", "--json").json["url"] == "https://office.example.org/login#a-long-code"


def test_a_page_that_was_not_built_is_said(
    office: ScriptedOffice, ceo: Ceo, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "make page" not in ceo("open").err
    monkeypatch.setitem(scripted.HEALTH, "page", False)
    said = ceo("open")
    assert "`make page` builds it" in said.err
    assert said.code == 0
