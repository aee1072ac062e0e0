"""What Gitea refuses, or another program in its place responds: one line that says what, and how to fix it."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from damascus.core.clock import FixedClock, SystemClock
from damascus.core.errors import ForgeUnavailable, Unavailable
from damascus.core.records.authors import Author
from damascus.forge.board import PullRequest, Release
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.gitea.probe import probe
from damascus.forge.port import Repository
from tests.fixtures.gitea import Double, a_double

JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")


@dataclass(frozen=True)
class Shop:
    """A Gitea forge with one commit that is not published yet."""

    gitea: Double
    folder: Path
    repository: Repository

    def forge(self, **settings: Any) -> GiteaForge:
        return GiteaForge(self.folder / "git", self.folder / "git-dirs", self.gitea.settings(**settings), SystemClock())


@pytest.fixture
async def shop(tmp_path: Path, gitea: Double) -> Shop:
    return await a_shop(tmp_path, gitea)


async def a_shop(folder: Path, gitea: Double) -> Shop:
    forge = GiteaForge(folder / "git", folder / "git-dirs", gitea.settings(), SystemClock())
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, folder / "work")
    (folder / "work/a").write_text("a")
    await forge.commit(folder / "work", "Begin", JORDAN)
    await forge.push(folder / "work", repository)
    return Shop(gitea, folder, repository)


async def refusal(shop: Shop, **settings: Any) -> str:
    with pytest.raises(Unavailable) as error:
        await shop.forge(**settings).publish(shop.repository)
    assert "\n" not in str(error.value)
    assert shop.gitea.token not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("fault", "where", "said"),
    [
        ("down", "api", r"an internal error \(502\)"),
        ("broken", "api", r"an internal error \(500: database is locked\)"),
        ("rate", "api", r"too many requests to Gitea \(429"),
        ("expired", "api", r"rejected the token \(401\).*GITEA_TOKEN"),
        ("forbidden", "api", r"403: token does not have.*\[write:repository\].*lacks a scope"),
        ("html", "api", r"responds with text/html.*, not as Gitea's API; check GITEA_URL"),
        ("down", "git", r"Gitea failed at the push to founder/app \(502\)"),
        ("rate", "git", r"could not push to Gitea:.*429"),
        ("expired", "git", r"rejected the token for a push.*GITEA_TOKEN"),
        ("forbidden", "git", r"refused the push to founder/app: 403.*write:repository"),
        ("html", "git", r"could not push to Gitea"),
    ],
)
async def test_each_fault_has_its_reason_and_goes_by(shop: Shop, fault: str, where: str, said: str) -> None:
    shop.gitea.faults({"kind": fault, "where": where, "times": 2})
    with pytest.raises(Unavailable, match=said):
        await shop.forge().publish(shop.repository)
    shop.gitea.faults()
    assert (await shop.forge().publish(shop.repository)).remote_id


async def test_after_a_429_nothing_is_asked_until_the_time_is_over(gitea: Double) -> None:
    clock = FixedClock()
    api = GiteaApi(gitea.settings(), clock)
    gitea.faults({"kind": "rate", "seconds": 60})
    with pytest.raises(ForgeUnavailable) as first:
        await api.user()
    assert first.value.retry_after == 60
    with pytest.raises(ForgeUnavailable, match="the next request is allowed in 60 s"):
        await api.user()
    clock.advance(61)
    assert await api.user() == "founder"


async def test_nobody_there_is_said_with_the_address(shop: Shop) -> None:
    assert "http://127.0.0.1:9 does not respond" in await refusal(shop, url="http://127.0.0.1:9")
    assert "does not respond" in await refusal(shop, url="http://no-such-host.invalid")


async def test_a_token_that_is_not_there_yet_is_waited_for(shop: Shop, tmp_path: Path) -> None:
    later = {"token": SecretStr(""), "token_file": str(tmp_path / "later")}
    assert "cannot be read from" in await refusal(shop, **later)
    (tmp_path / "later").write_text("\n")
    assert "contains no token yet" in await refusal(shop, **later)
    (tmp_path / "later").write_text(f"{shop.gitea.token}\n")
    assert (await shop.forge(**later).publish(shop.repository)).remote_id
    assert "set GITEA_TOKEN or GITEA_TOKEN_FILE" in await refusal(shop, token=SecretStr(""))


async def test_a_token_that_gitea_does_not_know(shop: Shop) -> None:
    assert "rejected the token (401" in await refusal(shop, token=SecretStr("0" * 40))


async def test_an_organisation_owns_what_is_made_for_it(shop: Shop) -> None:
    there = await shop.forge(owner="damascus").publish(shop.repository)
    assert there.url.endswith("/damascus/app.git")
    assert shop.gitea.ask("GET", "/repos/damascus/app")["private"] is True


async def test_an_organisation_that_there_is_not(shop: Shop) -> None:
    assert "check GITEA_OWNER" in await refusal(shop, owner="nobody")


async def test_links_are_for_the_browser_and_pushes_for_the_company(shop: Shop) -> None:
    forge = shop.forge(public_url="https://git.example.com/code/")
    there = await forge.publish(shop.repository)
    assert there.url == "https://git.example.com/code/founder/app.git"
    assert forge.commit_link(there, "abc") == "https://git.example.com/code/founder/app/commit/abc"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate for 127.0.0.1, signed by itself."""
    return self_signed(tmp_path_factory.mktemp("certificate") / "gitea.pem")


def self_signed(path: Path) -> Path:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", f"{path}.key", "-out", f"{path}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(Path(f"{path}.key").read_text() + Path(f"{path}.crt").read_text())
    return path


async def test_a_certificate_that_gitea_signed_itself(tmp_path: Path, certificate: Path) -> None:
    """The REST calls and git must both trust it, and neither may without being told."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    with a_double(
        tmp_path / "gitea", "--certificate", str(certificate), scheme="https", verify=trusting
    ) as gitea:  # fmt: skip
        shop = await a_shop(tmp_path, gitea)
        assert "is not trusted: it is self-signed; name it in GITEA_CA" in await refusal(shop)
        assert (await shop.forge(ca=f"{certificate}.crt").publish(shop.repository)).remote_id
        assert (await shop.forge(ssl_verify=False).publish(shop.repository)).remote_id


@pytest.mark.parametrize(
    ("scopes", "lacking"),
    [
        ("read:user,write:repository,write:issue", "write:user"),
        ("write:user,read:repository,write:issue", "write:repository"),
        ("write:user,write:repository,read:issue", "write:issue"),
        ("write:repository,write:issue", "read:user"),
    ],
)
async def test_the_doctor_names_the_scope_that_a_token_lacks(tmp_path: Path, scopes: str, lacking: str) -> None:
    with a_double(tmp_path, "--scopes", scopes) as gitea, pytest.raises(ForgeUnavailable, match=lacking):
        await probe(GiteaApi(gitea.settings(), SystemClock()), gitea.settings())


@pytest.mark.parametrize(
    ("owner", "said"),
    [("nobody", "sees no organisation nobody"), ("closed-shop", "may not make repositories for closed-shop")],
)
async def test_the_doctor_looks_whether_the_owner_takes_repositories(tmp_path: Path, owner: str, said: str) -> None:
    with a_double(tmp_path, "--org", "closed-shop") as gitea:
        settings = gitea.settings(owner=owner)
        with pytest.raises(ForgeUnavailable, match=said):
            await probe(GiteaApi(settings, SystemClock()), settings)


async def test_the_doctor_leaves_nothing_behind(gitea: Double) -> None:
    settings = gitea.settings()
    found = await probe(GiteaApi(settings, SystemClock()), settings)
    assert found == f"Gitea 1.26.0+stand-in at {gitea.url}, as founder, for founder"
    assert gitea.ask("GET", "/user/repos") == []
    organization = gitea.settings(owner="damascus")
    assert "for damascus" in await probe(GiteaApi(organization, SystemClock()), organization)


async def test_nothing_is_asked_of_a_repository_whose_push_gitea_has_not_seen_yet(tmp_path: Path) -> None:
    with a_double(tmp_path / "gitea", "--seems-empty", "99999") as gitea:
        shop = await a_shop(tmp_path, gitea)
        forge = shop.forge()
        there = await forge.publish(shop.repository)
        (tmp_path / "work/b").write_text("b")
        sha = await forge.commit(tmp_path / "work", "More", JORDAN) or ""
        await forge.push(tmp_path / "work", shop.repository)
        request = PullRequest("mis_1", "damascus/more", "Add more", "words")
        gitea.faults({"kind": "status", "status": 404, "where": "page", "times": 2})  # some take no token there
        with pytest.raises(ForgeUnavailable, match="takes no pull request before Gitea has seen what was pushed"):
            await forge.propose(there, sha, request)
        with pytest.raises(ForgeUnavailable, match="takes no release before Gitea has seen what was pushed"):
            await forge.release(there, Release("mis_1", sha, "app", "words", "app.zip"))
        assert await forge.propose(there, sha, request) == f"{there.web_url}/pulls/1"
