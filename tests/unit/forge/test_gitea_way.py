"""The way to Gitea: the API's calls and git's push take the same proxy, trust the same certificates, say the same."""

import datetime
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import ForgeUnavailable, Misconfigured
from damascus.core.records.authors import Author
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.gitea.git_push import GitPush
from damascus.forge.port import Repository
from tests.fixtures.certificates import Authority
from tests.fixtures.gitea import Double, a_double
from tests.fixtures.proxies import PlayedProxy, forget_proxies

FAR = "git.example.com"
JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")


@dataclass(frozen=True)
class Shop:
    """A repository with one commit, and a Gitea behind TLS for it."""

    gitea: Double
    folder: Path
    repository: Repository
    sha: str

    def forge(self, **settings: Any) -> GiteaForge:
        return GiteaForge(self.folder / "git", self.folder / "git-dirs", self.gitea.settings(**settings), SystemClock())

    def push(self, name: str = "founder/app", **settings: Any) -> GitPush:
        bare = self.folder / "git" / "app.git"
        return GitPush(bare, self.gitea.settings(**settings), name, self.sha)


@pytest.fixture
async def shop(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    forget_proxies(monkeypatch)
    pem = authority.key_and_certificate(tmp_path / "gitea.pem")
    verify = ssl.create_default_context(cafile=str(authority.file))
    with a_double(tmp_path / "gitea", "--certificate", str(pem), scheme="https", verify=verify) as gitea:
        forge = GiteaForge(tmp_path / "git", tmp_path / "git-dirs", gitea.settings(), SystemClock())
        repository = await forge.create_repository("app", "An app", "mis_1")
        await forge.open_workspace(repository, tmp_path / "work")
        (tmp_path / "work/a").write_text("a")
        await forge.commit(tmp_path / "work", "Begin", JORDAN)
        yield Shop(gitea, tmp_path, repository, await forge.push(tmp_path / "work", repository))


async def refusal(forge: GiteaForge, repository: Repository) -> str:
    with pytest.raises(ForgeUnavailable) as error:
        await forge.publish(repository)
    return str(error.value)


def push_refusal(push: GitPush) -> str:
    with pytest.raises(ForgeUnavailable) as error:
        push.run()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("form", ["file", "folder"])
async def test_a_private_authority_is_trusted_by_the_api_and_by_git(
    shop: Shop, authority: Authority, form: str
) -> None:
    folder = shop.folder / "certificates"
    folder.mkdir()
    (folder / "ca.crt").write_bytes(authority.file.read_bytes())
    there = await shop.forge(ca=str(authority.file if form == "file" else folder)).publish(shop.repository)
    assert there.remote_id
    shop.push(ca=str(authority.file)).run()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
async def test_what_the_machine_names_is_trusted_by_both_too(
    shop: Shop, authority: Authority, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority.file))
    assert (await shop.forge().publish(shop.repository)).remote_id


async def test_without_it_both_say_what_to_do(shop: Shop) -> None:
    assert "name the signer's certificate in GITEA_CA" in await refusal(shop.forge(), shop.repository)
    assert "name the signer's certificate in GITEA_CA" in push_refusal(shop.push())
    assert await shop.forge(ssl_verify=False).publish(shop.repository)


def test_a_wrong_path_is_one_line_when_the_company_starts(shop: Shop) -> None:
    with pytest.raises(Misconfigured, match=r"^GITEA_CA is '/none', which cannot be read"):
        shop.forge(ca="/none")


@pytest.mark.parametrize("kind", ["http", "socks5h"])
async def test_a_gitea_far_away_is_reached_through_the_proxy_by_both(
    shop: Shop, authority: Authority, proxy: PlayedProxy, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    proxy.leads[FAR] = shop.gitea.port
    monkeypatch.setenv("HTTPS_PROXY", f"{kind}://127.0.0.1:{proxy.port}")
    forge = shop.forge(url=f"https://{FAR}", ca=str(authority.file))
    assert (await forge.publish(shop.repository)).remote_id
    asked = len(proxy.asked)
    assert set(proxy.asked) == {f"CONNECT {FAR}:443" if kind == "http" else f"SOCKS {FAR}:443"}
    shop.push(url=f"https://{FAR}", ca=str(authority.file)).run()
    assert len(proxy.asked) > asked


async def test_a_gitea_near_is_not(shop: Shop, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await shop.forge(ca=str(authority.file)).publish(shop.repository)).remote_id


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
async def test_a_proxys_refusal_is_named_as_the_proxys_by_both(
    shop: Shop, proxy: PlayedProxy, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    proxy.refuse(status)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//me:proxy-pass-word@"))
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    for said in (
        await refusal(shop.forge(url=f"https://{FAR}"), shop.repository),
        push_refusal(shop.push(url=f"https://{FAR}")),
        await refusal(shop.forge(url=f"http://{FAR}"), shop.repository),
    ):
        assert f"the proxy {proxy.url} (HTTP" in said
        assert f"name {FAR} in NO_PROXY" in said
        assert "pass-word" not in said
        assert "GITEA_TOKEN" not in said


async def test_a_proxy_that_is_not_there_is_named_by_both(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert "the proxy http://127.0.0.1:1 (HTTPS_PROXY)" in await refusal(
        shop.forge(url=f"https://{FAR}"), shop.repository
    )
    assert "the proxy http://127.0.0.1:1 (HTTPS_PROXY)" in push_refusal(shop.push(url=f"https://{FAR}"))


async def test_an_expired_certificate_and_one_for_another_name_are_told_apart(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_proxies(monkeypatch)
    old = tmp_path / "old.pem"
    authority.ca.issue_cert("127.0.0.1", not_after=datetime.datetime(2020, 1, 1)).private_key_and_cert_chain_pem \
        .write_to_path(old)  # fmt: skip
    other = authority.key_and_certificate(tmp_path / "other.pem", "elsewhere.example.com")
    for pem, expected in ((old, "has expired"), (other, "is for another name; use that one in GITEA_URL")):
        with a_double(tmp_path / pem.stem, "--certificate", str(pem), scheme="https", verify=False) as gitea:
            forge = GiteaForge(
                tmp_path / f"git-{pem.stem}", tmp_path / "dirs", gitea.settings(ca=str(authority.file)), SystemClock()
            )
            repository = await forge.create_repository("app", "An app", "mis_1")
            assert expected in await refusal(forge, repository)
