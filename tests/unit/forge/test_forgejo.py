"""Forgejo is used as Gitea is; what it does otherwise is named, and harms nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import SecretStr

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import ForgeUnavailable, Unavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.gitea.probe import probe
from damascus.forge.port import Repository
from tests.fixtures.firm_at_gitea import founded
from tests.fixtures.gitea import Double, a_double

Open = Callable[..., Double]
PUBLIC_ONLY = "write:user,write:repository,write:issue,public-only"


@pytest.fixture
def a_server(tmp_path: Path) -> Iterator[Open]:
    """Opens a stand-in with these options."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(a_double(tmp_path / "double", *options))


async def looked_at(settings: ForgeSettings) -> str:
    return await probe(GiteaApi(settings, SystemClock()), settings)


async def published(folder: Path, settings: ForgeSettings, times: int = 1) -> list[str]:
    """What is said each time that a repository is published, empty for what succeeds."""
    forge = GiteaForge(folder / "git", folder / "git-dirs", settings, SystemClock())
    repository, said = await forge.create_repository("app", "An app", "mis_1"), []
    for _ in range(times):
        try:
            repository = await forge.publish(repository)
            said.append("")
        except Unavailable as error:
            said.append(str(error))
    return said


def made_at(server: Double) -> list[str]:
    """The repositories that there are, as the admin sees them on the disk."""
    state = json.loads((server.folder / "root/state.json").read_text())
    return [repo["name"] for repo in state["repos"]]


async def test_it_is_called_by_its_name(a_server: Open) -> None:
    server = a_server("--product", "forgejo")
    assert (await looked_at(server.settings())).startswith("Forgejo 16.0.0+gitea-1.22.0")
    server.faults({"kind": "broken", "times": 9, "method": "POST"})
    with pytest.raises(ForgeUnavailable, match=r"^Forgejo failed with an internal error .* check Forgejo's own log"):
        await looked_at(server.settings())


async def test_a_token_that_it_repeats_is_in_nothing_that_is_shown_or_kept(
    a_server: Open, tmp_path: Path, sqlite_ledger_url: str, bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    server = a_server("--product", "forgejo")
    token = server.token
    async with founded(tmp_path, sqlite_ledger_url, bus, server) as firm:
        await firm.begin()
        forget_tokens(server)
        said = await firm.push()
        row = await firm.sync()
        async with firm.workbench.outbox.reading() as tx:
            told = [event.payload for event in await tx.events.since(0, 1000)]
        assert "rejected the token (401)" in said
        assert "rejected the token (401)" in (row.reason or "")
        with pytest.raises(ForgeUnavailable) as refused:
            await looked_at(server.settings(token=SecretStr(token)))
    for shown in (said, row.reason or "", str(refused.value), repr(told), caplog.text):
        assert token not in shown


def forget_tokens(server: Double) -> None:
    server.stop()
    path = server.folder / "root/state.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "tokens": {}}))
    server.start()


@pytest.mark.parametrize("product", ["gitea", "forgejo"])
async def test_a_token_for_what_is_public_makes_no_repository_at_each_try(
    a_server: Open, tmp_path: Path, product: str
) -> None:
    server = a_server("--product", product, "--scopes", PUBLIC_ONLY)
    said = await published(tmp_path, server.settings(), 5)
    assert all("the token sees public repositories only" in words for words in said), said
    assert made_at(server) in ([], ["app"])


async def test_a_token_for_single_repositories_is_told_from_one_without_a_scope(a_server: Open, tmp_path: Path) -> None:
    scopes = ("--scopes", "write:repository,write:issue", "--repository", "other")
    server = a_server("--product", "forgejo", *scopes)
    with pytest.raises(ForgeUnavailable, match=r"\[read:user\].*create one for all repositories"):
        await looked_at(server.settings())
    said = await published(tmp_path, server.settings(), 3)
    assert all("create one for all repositories" in words for words in said)
    assert made_at(server) == []


async def test_a_second_factor_that_forgejo_wants_is_asked_for(a_server: Open, tmp_path: Path) -> None:
    server = a_server("--product", "forgejo", "--second-factor")
    with pytest.raises(ForgeUnavailable, match=r"two-factor.*log in at Forgejo as the token's user"):
        await looked_at(server.settings())
    (said,) = await published(tmp_path, server.settings())
    assert "log in at Gitea as the token's user and do what it asks for" in said


async def test_a_second_factor_that_gitea_wants_is_guessed_from_what_it_hides(a_server: Open, tmp_path: Path) -> None:
    server = a_server("--second-factor")
    said = await published(tmp_path, server.settings(), 4)
    assert made_at(server) == ["app"]
    assert all("look whether Gitea wants a second factor of that user" in words for words in said[1:]), said
    with pytest.raises(ForgeUnavailable, match=r"Gitea lists founder/app and does not show it; .* second factor"):
        await looked_at(server.settings())


@pytest.mark.parametrize("product", ["gitea", "forgejo"])
async def test_a_prefix_that_only_the_proxy_knows_hinders_nothing(tmp_path: Path, a_server: Open, product: str) -> None:
    """What it leads to lacks the prefix."""
    server = a_server("--product", product, "--prefix", "/code")
    assert "as founder, for founder" in await looked_at(server.settings())
    forge = GiteaForge(tmp_path / "git", tmp_path / "git-dirs", server.settings(), SystemClock())
    repository = await forge.create_repository("app", "An app", "mis_1")
    there = await forge.publish(repository)
    assert there.web_url == f"{server.url}/founder/app"
    server.ask("PATCH", "/repos/founder/app", {"name": "renamed"})
    assert (await forge.publish(there)).web_url == f"{server.url}/founder/renamed"
    forgetful = Repository(repository.name, repository.url)  # so it is looked for under the name that it once had
    assert (await forge.publish(forgetful)).remote_id == there.remote_id
    with pytest.raises(ForgeUnavailable, match="check GITEA_URL, and the path that Gitea is under"):
        await looked_at(server.settings(url=server.url.removesuffix("/code")))
