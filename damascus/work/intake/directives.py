"""What the CEO says, by whatever way it came, becomes a directive, a proposal and a message to the VP."""

from dataclasses import dataclass, replace

from damascus.core.errors import Conflict, Invalid, NotFound
from damascus.core.events import EventKind, StateChange
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.money import format_usd
from damascus.core.records.desk_items import DeskItemKind
from damascus.core.records.directives import Directive, DirectiveOptions, ExistingCode
from damascus.core.records.proposals import Proposal, ProposalStatus
from damascus.core.records.roles import PLANNER
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work import desk
from damascus.work.budget.limits import MAX_LIMIT_MICROUSD

MAX_DIRECTIVE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class NewDirective:
    """A directive before it is written: `budget` in micro-USD or None for the default, `key` makes it once only.

    `ask`: the CEO is there for questions of direction; otherwise the program assumes. `code` is what it is about,
    cloned already. `quote`: the CEO signs what the plan costs before its work begins. `follows` and `answers`: see
    DirectiveOptions.
    """

    text: str
    sender: str = "ceo"
    budget: int | None = None
    playbook: str | None = None
    key: str | None = None
    ask: bool = True
    code: ExistingCode | None = None
    quote: bool = False
    follows: str = ""
    answers: str = ""


async def following(tx: ReadTransaction, new: NewDirective, name: str) -> NewDirective:
    """Return the directive as one that follows a mission (its id or slug), or takes a decision at the desk (its id).

    Raises NotFound if there is no such one, Invalid if that request is not a decision.
    """
    item = await tx.desk_items.find(name)
    if item is not None:
        if item.kind != DeskItemKind.DECISION:
            raise Invalid(f"{item.id} is a {item.kind} request and not a decision; decide it at the desk")
        return replace(new, follows=item.mission_id, answers=item.id)
    mission = await tx.missions.find(name) or await tx.missions.by_slug(name)
    if mission is None:
        raise NotFound(f"there is neither a mission nor a decision {name[:100]!r}; `ceo missions`, `ceo desk`")
    return replace(new, follows=mission.id)


def id_of(key: str | None) -> str:
    """Return the id of a directive that is submitted under a key."""
    return f"dir_{key}" if key else new_id("dir")


async def submit(tx: Transaction, new: NewDirective, message_id: str | None = None) -> Directive:
    """Write a directive with its proposal and message. Returns it, or the one that has the same `key`.

    Raises Conflict if that one says something else, Invalid if the text is empty, too long or not text, or if the
    budget is not positive or above the maximum.
    """
    text = new.text.strip()
    if not text or len(text) > MAX_DIRECTIVE_CHARS:
        raise Invalid(f"a directive has 1 to {MAX_DIRECTIVE_CHARS} characters; this one has {len(text)}")
    if "\0" in text or text != text.encode(errors="replace").decode():
        raise Invalid("a directive is plain text; this one contains a NUL or half a character")
    if new.budget is not None and not 0 < new.budget <= MAX_LIMIT_MICROUSD:
        raise Invalid(
            f"a budget is a positive amount of US dollars such as 2.00, at most {format_usd(MAX_LIMIT_MICROUSD)}"
        )
    options = DirectiveOptions(
        new.budget, new.playbook, new.ask, new.code, new.quote, new.follows, new.answers
    )  # fmt: skip
    id = id_of(new.key)
    known = await tx.directives.find(id)
    if known is not None:
        if (known.text, known.options) != (text, options):
            raise Conflict(f"the Idempotency-Key {new.key} was used for another directive: use a new one for this")
        return known
    if options.answers:
        await desk.take_decision(tx, options.answers, text)
    directive = Directive(id, new.sender, text, options, tx.now)
    proposal = Proposal(new_id("prop"), id, new.sender, ProposalStatus.PENDING, None, tx.now, None)
    await tx.directives.add(directive)
    await tx.proposals.add(proposal)
    tx.events.append(EventKind.DIRECTIVE, new.sender, StateChange(id=id, after="given"))
    tx.events.append(EventKind.PROPOSAL, new.sender, StateChange(id=proposal.id, after=ProposalStatus.PENDING))
    context = {"directive_id": id, "proposal_id": proposal.id}
    message = Message(sender=new.sender, to=PLANNER, type=MessageType.DIRECTIVE, content=text, context=context)
    await tx.messages.post(message.model_copy(update={"id": message_id}) if message_id else message)
    return directive
