"""What a task is shown of what the company knows: the CEO's rules, and what is near enough to its own words.

A search always finds what is nearest, however far that is. A task that is told what has nothing to do with it pays for
each word and may be led astray: so besides its place a memory needs some words in common with the task.
"""

from collections.abc import Iterable

from damascus.core.records.memories import Memory, MemoryKind
from damascus.core.records.roles import PLANNER
from damascus.core.records.tasks import Task, TaskKind
from damascus.knowledge.memory.likeness import stem
from damascus.knowledge.memory.words import STOP_WORDS, words_in

MIN_SHARED_WORDS = 2
MIN_SHARED_PART = 1 / 8  # of the memory's telling words
MAX_QUERY_CHARS = 2_000
MAX_RULES_CHARS = 6_000  # of all rules of the CEO together
MAX_TOLD_CHARS = 4_000  # of what earlier missions taught, in one task: about 1,000 tokens
NAME_CHARS = 60  # what is written around a memory: its id, kind and author


def is_rule(memory: Memory) -> bool:
    """Return whether every task is shown this: a preference, which nobody but the CEO puts in force."""
    return memory.kind == MemoryKind.PREFERENCE


def is_outcome(memory: Memory) -> bool:
    """Return whether this is what became of a whole mission: it helps who plans one, and costs the others."""
    return memory.owner == PLANNER and memory.mission_id is not None and memory.task_id is None


def query_of(task: Task, directive: str) -> str:
    """Return the words in which memories are looked for on behalf of a task, those that matter most first."""
    own = [] if task.kind == TaskKind.PLAN else [task.title, task.role, task.deliverable.kind, task.description]
    return " ".join([*own, directive])[:MAX_QUERY_CHARS]


def relevant(query: str, memories: Iterable[Memory]) -> list[Memory]:
    """Return those of the memories that share enough words with a task's query, in their order."""
    asked = _telling(query)
    return [memory for memory in memories if _is_near(_telling(memory.words), asked)]


def _is_near(words: set[str], asked: set[str]) -> bool:
    return len(words & asked) >= max(MIN_SHARED_WORDS, MIN_SHARED_PART * len(words))


def _telling(text: str) -> set[str]:
    return {stem(word) for word in words_in(text) if word not in STOP_WORDS}


def fitting(memories: Iterable[Memory]) -> list[Memory]:
    """Return the first of these memories that MAX_TOLD_CHARS are enough for."""
    left, kept = MAX_TOLD_CHARS, []
    for memory in memories:
        left -= len(memory.content) + NAME_CHARS
        if left < 0:
            break
        kept.append(memory)
    return kept
