"""What missions leave, in the ledger: adopted code, products, versions of reports, what is found by words."""

from dataclasses import replace
from typing import Any

import pytest

from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind, Citation
from damascus.core.records.directives import Directive, DirectiveOptions, ExistingCode
from damascus.core.records.openings import Opening, ToldSoFar
from damascus.core.records.proposals import Proposal, ProposalStatus
from damascus.core.records.search import SearchKind, SearchRow
from damascus.ledger.engine import Ledger
from damascus.work.delivery import sync_state
from tests.fixtures.rows import WHEN, a_task, mission_in

CODE = ExistingCode("shop", "https://forge.example/a/shöp.git", "release/2.x", "a" * 40, "npm test")


@pytest.fixture
async def mission_id(ledger: Ledger) -> str:
    mission_id = await mission_in(ledger)
    async with ledger.transaction() as tx:
        await tx.tasks.add(a_task(mission_id, id="t1"), a_task(mission_id, id="t2"))
    return mission_id


def made(mission_id: str, kind: ArtifactKind, name: str, **detail: Any) -> Artifact:
    return Artifact(
        f"art_{kind}_{name}", mission_id, "t1", kind, name, f"/there/{name}", ArtifactDetail(**detail), WHEN
    )


async def test_a_directive_keeps_the_code_that_it_is_about_and_its_options(ledger: Ledger) -> None:
    options = DirectiveOptions(5, "existing-code", ask=False, code=CODE, quote=True)
    async with ledger.transaction() as tx:
        await tx.directives.add(Directive("d1", "ceo", "Fix “it”", options, WHEN))
        await tx.directives.add(Directive("d2", "ceo", "Build it", DirectiveOptions(), WHEN))
    async with ledger.reading() as tx:
        assert (await tx.directives.get("d1")).options == options
        assert (await tx.directives.get("d2")).options.code is None


async def test_a_proposal_is_decided_once(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await tx.directives.add(Directive("d1", "ceo", "Build it", DirectiveOptions(), WHEN))
        await tx.proposals.add(Proposal("p1", "d1", "ceo", ProposalStatus.PENDING, None, WHEN, None))
        assert await tx.proposals.decide("p1", ProposalStatus.REJECTED, "no", WHEN)
        assert not await tx.proposals.decide("p1", ProposalStatus.ACCEPTED, None, WHEN)
        found = await tx.proposals.of_directive("d1")
        assert found is not None
        assert (found.status, found.reason, found.decided_at) == (ProposalStatus.REJECTED, "no", WHEN)
        assert await tx.proposals.of_directive("d2") is None


async def test_adopted_code_and_a_product_with_what_starts_it_are_read_as_they_were_written(
    ledger: Ledger, mission_id: str
) -> None:
    adopted = made(
        mission_id, ArtifactKind.REPOSITORY, "shop", origin=CODE.origin, base=CODE.sha, branch="damascus/m",
        repository="shop-2", start="npm start", web_url=None,
    )  # fmt: skip
    commit = made(
        mission_id, ArtifactKind.COMMIT, "b" * 40, repository="shop", pushed=True, left_out=(".github/a", ".github/b")
    )
    async with ledger.transaction() as tx:
        await tx.artifacts.put(adopted)
        await tx.artifacts.put(commit)
    async with ledger.reading() as tx:
        assert await tx.artifacts.of_mission(mission_id) == sorted([adopted, commit], key=lambda row: row.id)
        assert await tx.artifacts.of_mission(mission_id, ArtifactKind.COMMIT) == [commit]
        assert await tx.artifacts.of_task("t2") == []


async def test_a_later_version_of_a_report_is_the_same_row_with_the_one_who_wrote_it_and_the_earlier_ones(
    ledger: Ledger, mission_id: str
) -> None:
    first = made(mission_id, ArtifactKind.REPORT, "prd", title="T", sources=(Citation("e1", "pm", "said", "m", "at"),))
    later = replace(
        first, id="art_other", task_id="t2", path="/moved",
        detail=replace(first.detail, title="U", earlier=("reports/m/earlier/prd-1.md",), sources=()),
    )  # fmt: skip
    async with ledger.transaction() as tx:
        await tx.artifacts.put(first)
        assert await tx.artifacts.named(mission_id, ArtifactKind.REPORT, "prd") == first
        await tx.artifacts.put(later)
    async with ledger.reading() as tx:
        assert await tx.artifacts.list(ArtifactKind.REPORT) == [replace(later, id=first.id)]
        assert await tx.artifacts.of_task("t1", ArtifactKind.REPORT) == []
        assert await tx.artifacts.named(mission_id, ArtifactKind.COMMIT, "prd") is None


async def test_repositories_that_are_at_the_forge_with_all_that_was_pushed_are_counted(
    ledger: Ledger, mission_id: str
) -> None:
    async with ledger.transaction() as tx:
        await sync_state.open_board(tx, mission_id)
        for name, target in (("there", "a"), ("behind", "b"), ("begun", None)):
            row = made(mission_id, ArtifactKind.REPOSITORY, name)
            await sync_state.schedule(tx, row, target)
            await tx.forge_syncs.change(row.id, remote_sha="a" if target else None)
        await tx.forge_syncs.change(mission_id, target_sha="a", remote_sha="a")
    async with ledger.reading() as tx:
        assert await tx.forge_syncs.count_there() == 1


async def test_an_opening_is_told_more_replaced_and_removed(ledger: Ledger, mission_id: str) -> None:
    first = Opening("t1", "you are", "do it", ToldSoFar())
    told = ToldSoFar(7, ("m1",), ("r1", "r2"), ("commit",))
    async with ledger.transaction() as tx:
        await tx.openings.put(first)
        await tx.openings.tell("t1", told)
        assert await tx.openings.find("t1") == replace(first, told=told)
        await tx.openings.put(replace(first, assignment="do it anew"))
        assert await tx.openings.find("t1") == replace(first, assignment="do it anew")
        await tx.openings.remove("t1")
        assert await tx.openings.find("t1") is None
        await tx.openings.tell("t1", told)
        assert await tx.openings.find("t1") is None


async def test_what_has_all_the_words_is_found_and_a_row_that_is_written_again_keeps_its_number(
    ledger: Ledger, mission_id: str
) -> None:
    row = SearchRow("report-1", 1, SearchKind.REPORT, mission_id, "prd", "The PRD", "text", "price freelancer", WHEN)
    other = replace(row, id="task-1", number=2, kind=SearchKind.TASK, words="price plumber")
    async with ledger.transaction() as tx:
        assert (await tx.search.last_number(), await tx.search.lock()) == (0, await tx.search.read_to())
        await tx.search.put([row, other])
        await tx.search.put([replace(row, number=9, words="price freelancer invoice")])
        await tx.search.read_on(12)
        assert (await tx.search.last_number(), await tx.search.read_to()) == (2, 12)
        kinds = list(SearchKind)
        assert [one.id for one in await tx.search.with_words(["price", "invoice"], kinds, 10)] == ["report-1"]
        assert {one.id for one in await tx.search.with_words(["price"], kinds, 10)} == {"report-1", "task-1"}
        assert [one.id for one in await tx.search.with_words(["price"], [SearchKind.TASK], 10)] == ["task-1"]
        assert len(await tx.search.with_words(["price"], kinds, 1)) == 1
        assert await tx.search.with_words(["price", "nothing"], kinds, 10) == []
        assert await tx.search.with_words([], kinds, 10) == []
