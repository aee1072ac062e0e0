"""`ceo memory ...`: what the company has learnt, where that comes from, and the CEO's own rules."""

from collections.abc import Callable
from typing import Annotated

import typer

from damascus.api.schemas import Memory, MemoryDetail
from damascus.cli.connection import find_office
from damascus.cli.formatting import escape_line, print_json, print_table, stdout
from damascus.cli.name_lookup import resolve_memory, resolve_mission
from damascus.cli.options import Json, load_settings
from damascus.core.errors import Invalid
from damascus.core.ids import new_id
from damascus.core.records.memories import MemoryKind, MemoryStatus, Visibility

Id = Annotated[str, typer.Argument(help="A memory's id, or a part of it, as `ceo memory list` shows it.")]
OfMission = Annotated[str | None, typer.Option(help="Only what came of this mission.")]
Kind = Annotated[MemoryKind | None, typer.Option(help="Only of this kind.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A word to find it by; may be given several times.")]


def list_memories(
    kind: Kind = None, owner: Annotated[str | None, typer.Option(help="Only of this role, or `ceo`.")] = None,
    mission: OfMission = None,
    proposed: Annotated[bool, typer.Option("--proposed", help="Only what waits for you.")] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """List what the company knows, newest first."""
    office = find_office(load_settings())
    of = resolve_mission(office, mission) if mission else None
    status = MemoryStatus.PROPOSED if proposed else None
    _print_list(list(office.memories(kind=kind, owner=owner, mission=of, status=status)), json)


def search(query: str, json: Json = False) -> None:
    """Find what is most like these words, the likest first."""
    _print_list(find_office(load_settings()).search_memories(query), json)


def show(id: Id, json: Json = False) -> None:
    """Show a memory, where it comes from, and which tasks were told it."""
    office = find_office(load_settings())
    found = office.memory(resolve_memory(office, id))
    if json:
        print_json(found)
        return
    _print_detail(found)
    stdout.print(f"told to {len(found.shown_to)} tasks")
    if found.superseded_by:
        stdout.print(f"[yellow]replaced[/] by {found.superseded_by}")


def about(
    subject: Annotated[str, typer.Argument(help="A mission, repository, role, page, MISSION/e17, or any words.")],
    json: Json = False,
) -> None:
    """Say what is known about something, and from where, down to the passages of pages that are kept."""
    found = find_office(load_settings()).memories_about(subject)
    if json:
        print_json(found)
        return
    for memory in found:
        _print_detail(memory)
    if not found:
        stdout.print("nothing is known about that yet")


def add(
    content: Annotated[str, typer.Argument(help='Such as "I prefer Python" or "Never name customers".')],
    kind: Annotated[MemoryKind, typer.Option(help="A preference is a rule: every task is told it.")]
    = MemoryKind.PREFERENCE,
    tag: Tags = None,
    contradicts: Annotated[str | None, typer.Option(help="A memory that this one contradicts.")] = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Lay down a rule for every task, or anything else that the company shall know."""
    office = find_office(load_settings())
    against = resolve_memory(office, contradicts) if contradicts else None
    key = new_id("key")
    kept = office.add_memory(content, key=key, kind=kind, tags=tag or [], contradicts=against)
    _print_kept(kept, "is kept", json)


def edit(
    id: Id,
    content: Annotated[str | None, typer.Argument(help="What it says from now on.")] = None,
    kind: Kind = None,
    tag: Tags = None,
    visibility: Annotated[Visibility | None, typer.Option(help="Who may see it.")] = None,
    json: Json = False,
) -> None:
    """Say a memory otherwise; the old version is kept, and told to nobody any more."""
    office = find_office(load_settings())
    given = {"content": content, "kind": kind, "tags": tag, "visibility": visibility}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise Invalid("say what is to change: the text, --kind, --tag or --visibility")
    _print_kept(office.edit_memory(resolve_memory(office, id), **changes), "is in its place", json)


def confirm(id: Id, json: Json = False) -> None:
    """Put in force what an agent proposed; refuse it with `ceo memory forget`."""
    office = find_office(load_settings())
    _print_kept(office.confirm_memory(resolve_memory(office, id)), "is in force", json)


def forget(id: Id, json: Json = False) -> None:
    """Delete a memory with all its versions; no task is told it from its next run on."""
    office = find_office(load_settings())
    _print_kept(office.forget_memory(resolve_memory(office, id)), "is forgotten", json)


COMMANDS: dict[str, Callable[..., None]] = {
    "list": list_memories, "search": search, "show": show, "about": about, "add": add, "edit": edit,
    "confirm": confirm, "forget": forget,
}  # fmt: skip


def _print_list(found: list[Memory], json: bool) -> None:
    if json:
        print_json(found)
        return
    rows = [
        [memory.id, memory.kind, escape_line(memory.owner), _state(memory), escape_line(memory.content, 100)]
        for memory in found
    ]
    print_table(["memory", "kind", "by", "", "what"], rows, "nothing is known yet")


def _state(memory: Memory) -> str:
    return f"[yellow]{memory.status}[/]" if memory.status == MemoryStatus.PROPOSED else f"{memory.confidence:.2f}"


def _print_detail(memory: MemoryDetail) -> None:
    head = f"[bold]{memory.id}[/]  {memory.kind} by {escape_line(memory.owner)}  {_state(memory)}"
    stdout.print(f"{head}\n{escape_line(memory.content)}")
    for relation in memory.relations:
        node = "" if relation.node.id == memory.id else f"{relation.node.kind} {escape_line(relation.node.words, 60)} "
        stdout.print(f"    {node}{relation.kind} {relation.other.kind}: {escape_line(relation.other.words)}")


def _print_kept(memory: Memory, what: str, json: bool) -> None:
    if json:
        print_json(memory)
    else:
        stdout.print(f"{memory.id} {what}: {escape_line(memory.content)}")
