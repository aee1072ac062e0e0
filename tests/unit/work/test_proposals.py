"""The one door for work: a proposal is decided once."""

import pytest

from damascus.core.errors import Invalid, Misconfigured
from damascus.core.records.directives import Directive
from damascus.core.records.proposals import Proposal
from damascus.work.intake import directives, proposals
from damascus.work.outbox import Outbox
from tests.fixtures.story import SETTINGS

NAMED = SETTINGS.model_copy(update={"playbook": "report"})


async def proposed(outbox: Outbox) -> tuple[Directive, Proposal]:
    async with outbox.transaction() as tx:
        directive = await directives.submit(tx, directives.NewDirective("Build something"))
        proposal = await tx.proposals.of_directive(directive.id)
        assert proposal is not None
        return directive, proposal


async def test_a_rejected_proposal_keeps_its_reason_and_never_becomes_a_mission(outbox: Outbox) -> None:
    directive, proposal = await proposed(outbox)
    async with outbox.transaction() as tx:
        await proposals.reject(tx, proposal, "there is no playbook for it")
        assert await proposals.accept(tx, proposal, directive, SETTINGS) is None
    async with outbox.reading() as tx:
        decided = await tx.proposals.get(proposal.id)
        assert (decided.status, decided.reason) == ("rejected", "there is no playbook for it")
        assert await tx.missions.of_directive(directive.id) is None


async def test_a_proposal_that_is_accepted_twice_is_one_mission(outbox: Outbox) -> None:
    directive, proposal = await proposed(outbox)
    async with outbox.transaction() as tx:
        assert await proposals.accept(tx, proposal, directive, SETTINGS) is not None
    async with outbox.transaction() as tx:
        assert await proposals.accept(tx, proposal, directive, SETTINGS) is None
        assert len(await tx.missions.list()) == 1


async def test_a_directive_whose_playbook_can_be_read_becomes_a_mission(outbox: Outbox) -> None:
    directive, proposal = await proposed(outbox)
    asked: list[str] = []
    async with outbox.transaction() as tx:
        await proposals.decide(tx, proposal.id, NAMED, asked.append)
        mission = await tx.missions.of_directive(directive.id)
    assert asked == [NAMED.playbook]
    assert mission is not None
    assert (mission.status, mission.playbook) == ("planning", NAMED.playbook)


async def test_a_directive_whose_playbook_cannot_be_read_is_rejected_with_the_reason(outbox: Outbox) -> None:
    def unreadable(name: str) -> None:
        raise Misconfigured(f"there is no playbook {name!r}")

    directive, proposal = await proposed(outbox)
    async with outbox.transaction() as tx:
        await proposals.decide(tx, proposal.id, NAMED, unreadable)
        decided = await tx.proposals.get(proposal.id)
        assert (decided.status, decided.reason) == ("rejected", f"there is no playbook {NAMED.playbook!r}")
        assert await tx.missions.of_directive(directive.id) is None


@pytest.mark.parametrize("text", ["a\0b", "\udcff", " ", "x" * 20_001])
async def test_what_is_no_text_is_no_directive_and_leaves_nothing(outbox: Outbox, text: str) -> None:
    with pytest.raises(Invalid, match="a directive"):
        async with outbox.transaction() as tx:
            await directives.submit(tx, directives.NewDirective(text))
    async with outbox.reading() as tx:
        assert await tx.events.last() == 0


async def test_where_the_planner_is_to_choose_no_playbook_is_read_and_the_mission_has_none(outbox: Outbox) -> None:
    directive, proposal = await proposed(outbox)
    asked: list[str] = []
    async with outbox.transaction() as tx:
        await proposals.decide(tx, proposal.id, SETTINGS, asked.append)
        mission = await tx.missions.of_directive(directive.id)
    assert (asked, mission and mission.playbook) == ([], "none")
