"""How what the company has made hangs together: who made what, what it rests on, what contradicts it."""

from dataclasses import dataclass
from enum import StrEnum


class NodeKind(StrEnum):
    """What a relation joins.

    The id of an agent is its role, that of a trail entry or a page that was read its number on the trail, such as e17;
    the others have the ids of their rows.
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


@dataclass(frozen=True, slots=True)
class Relation:
    """`node` is made by, informed by, or contradicts `other`."""

    node: Node
    kind: RelationKind
    other: Node
