"""How what the company has made hangs together: who made what, what it rests on, what contradicts it."""

from dataclasses import dataclass
from enum import StrEnum


class NodeKind(StrEnum):
    """What a relation joins.

    The id of an agent is its role, that of a trail entry or a page that was read is `entry_id`'s; the others have the
    ids of their rows.
    """

    MISSION = "mission"
    TASK = "task"
    AGENT = "agent"
    REPOSITORY = "repository"
    ENTRY = "entry"
    SOURCE = "source"
    MEMORY = "memory"


class RelationKind(StrEnum):
    """How the first node of a relation stands to the second."""

    MADE_BY = "made by"
    INFORMED_BY = "informed by"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True)
class Node:
    """One of the things that relations join."""

    kind: NodeKind
    id: str


def entry_id(mission_id: str, ref: str) -> str:
    """Return the id, as a node, of an entry of a mission's trail, such as e17: others have one of that number, too."""
    return f"{mission_id}/{ref}"


@dataclass(frozen=True, slots=True)
class Relation:
    """`node` is made by, informed by, or contradicts `other`."""

    node: Node
    kind: RelationKind
    other: Node
