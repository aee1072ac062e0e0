"""The way to the office: on this machine never through a proxy, elsewhere as the environment says."""

import json
from pathlib import Path

import pytest

from tests.fixtures.certificates import Authority, serving
from tests.fixtures.proxies import PlayedProxy
from tests.unit.cli.scripted_office import Ceo, ScriptedOffice

FAR = "office.example.com"


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("value", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "socks4://x", "nonsense://"])
def test_the_office_here_is_never_asked_through_a_proxy(
    office: ScriptedOffice, ceo: Ceo, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert ceo("missions").code == 0


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
def test_a_machine_whose_certificates_are_lost_still_shows_its_company(
    office: ScriptedOffice, ceo: Ceo, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "/none")
    assert ceo("missions").code == 0


def test_an_office_far_away_is_asked_through_the_proxy_and_its_certificate_checked(
    company_folder: Path, ceo: Ceo, proxy: PlayedProxy, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_URL", f"https://{FAR}")
    monkeypatch.setenv("OFFICE_TOKEN", "x")
    monkeypatch.setenv("ALL_PROXY", proxy.socks)
    with serving({"items": [], "next": None}, authority.context(FAR)) as served:
        proxy.leads[FAR] = served.port
        said = ceo("missions", "--json")
        assert (said.code, "SSL_CERT_FILE" in said.err, said.err.count("\n")) == (4, True, 1)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert json.loads(ceo("missions", "--json").out) == []
        assert proxy.asked == [f"SOCKS {FAR}:443"] * 2


def test_a_proxy_before_it_that_refuses_is_named(
    company_folder: Path, ceo: Ceo, proxy: PlayedProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_TOKEN", "x")
    proxy.refuse("403 Forbidden")
    for scheme in ("http", "https"):
        monkeypatch.setenv("OFFICE_URL", f"{scheme}://{FAR}")
        monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
        said = ceo("missions")
        assert said.code == 4
        assert said.err.startswith(f"ceo: the proxy {proxy.url} ({scheme}_proxy) refused (403")


def test_a_proxy_of_a_kind_that_cannot_be_used_is_one_line(
    company_folder: Path, ceo: Ceo, proxy: PlayedProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFICE_URL", f"http://{FAR}")
    monkeypatch.setenv("OFFICE_TOKEN", "x")
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:1")
    said = ceo("missions")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "ALL_PROXY names no proxy" in said.err
