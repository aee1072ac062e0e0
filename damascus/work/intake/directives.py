"""The way in: what the CEO says, by whatever channel, becomes a directive, a proposal and a message to the VP."""

from dataclasses import dataclass

from damascus.core.errors import Invalid
from damascus.core.events import EventKind, StateChange
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.money import format_usd
from damascus.core.records.directives import Directive
from damascus.core.records.proposals import Proposal, ProposalStatus
from damascus.core.records.roles import PLANNER
from damascus.ledger.transaction import Transaction
from damascus.work.budget.limits import MAX_LIMIT_MICROUSD

MAX_DIRECTIVE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class NewDirective:
    """A directive before it is written: `budget` in micro-USD or None for the default, `key` makes it once only."""

    text: str
    sender: str = "ceo"
    budget: int | None = None
    playbook: str | None = None
    key: str | None = None


async def submit(tx: Transaction, order: NewDirective, message_id: str | None = None) -> Directive:
    """Write directive, proposal and message; the directive of the same `key` is returned if there is one.

    Raises Invalid for a text that is empty, overlong or no text, and for a budget that is not positive or absurd.
    """
    text = order.text.strip()
    if not text or len(text) > MAX_DIRECTIVE_CHARS:
        raise Invalid(f"a directive has 1 to {MAX_DIRECTIVE_CHARS} characters; this one has {len(text)}")
    if "\0" in text or text != text.encode(errors="replace").decode():
        raise Invalid("a directive is plain text; this one contains a NUL or half a character")
    if order.budget is not None and not 0 < order.budget <= MAX_LIMIT_MICROUSD:
        raise Invalid(
            f"a budget is a positive amount of US dollars such as 2.00, at most {format_usd(MAX_LIMIT_MICROUSD)}"
        )
    id = f"dir_{order.key}" if order.key else new_id("dir")
    known = await tx.directives.find(id)
    if known is not None:
        return known
    options = {"budget": order.budget, "playbook": order.playbook}
    directive = Directive(id, order.sender, text, options, tx.now)
    proposal = Proposal(new_id("prop"), id, order.sender, ProposalStatus.PENDING, None, tx.now, None)
    await tx.directives.add(directive)
    await tx.proposals.add(proposal)
    tx.events.append(EventKind.DIRECTIVE, order.sender, StateChange(id=id, after="given"))
    tx.events.append(EventKind.PROPOSAL, order.sender, StateChange(id=proposal.id, after=ProposalStatus.PENDING))
    context = {"directive_id": id, "proposal_id": proposal.id}
    message = Message(sender=order.sender, to=PLANNER, type=MessageType.DIRECTIVE, content=text, context=context)
    await tx.messages.post(message.model_copy(update={"id": message_id}) if message_id else message)
    return directive
