"""Memory stays clean: what a thousand missions distil leaves almost only what is worth keeping."""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from damascus.core.errors import Invalid
from damascus.core.records.memories import MemoryKind
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.keeping import Shown
from damascus.knowledge.memory.people import Colleagues
from damascus.knowledge.memory.port import NewMemory
from damascus.ledger.engine import Ledger
from damascus.staff.personas import load_personas
from tests.fixtures.rows import mission_in

ROOT = Path(__file__).parents[3]
PERSONAS = load_personas(ROOT / "agents" / "personas")
FACTS = [line.split("\t")[1] for line in (ROOT / "benchmarks/data/retrieval_pairs.tsv").read_text("utf-8").splitlines()]
NAMES = ("Priya Nair", "Dana Whitfield", "Marcus Lee", "Elena Voss", "Tom Brandt", "Mia Sorensen", "Noah Adler")
INVENTED = (
    "Our data analyst {name} prefers tables to charts",
    "{name} from legal has to see each contract first",
    "{name}, our new designer, wants blue buttons",
    "Ask {name} before any price is changed",
    "{name} (head of marketing) keeps the list of newsletters",
    "Colleague {name} answers within an hour",
    "The roadmap of the third quarter was approved by {name}",
    "{name} said that customers dislike pop-ups",
    "designer-{n} delivers drafts within two days",
    "The compliance agent signs off releases on Thursdays",
)
MAX_JUNK_SHARE = 2 / 100
MIN_GOOD_SHARE = 95 / 100
MISSIONS, DUPLICATES_PER_MISSION = 1_000, 2


@dataclass(frozen=True)
class Distilled:
    """What a mission's agent would have remembered; `is_good` if it is worth it, and new."""

    content: str
    is_good: bool
    shown: tuple[str, ...] = ()


def sentences(text: str) -> list[str]:
    """The sentences of a prompt that are long enough to be remembered."""
    lines = (line.strip("-# ") for line in text.replace(". ", ".\n").splitlines())
    return [line for line in lines if len(line.split()) >= 6]


def reworded(fact: str, chooser: random.Random) -> str:
    """The fact as a model repeats it: another case, another end, a phrase before it, its clauses turned round."""
    first, comma, rest = fact.rstrip(".").partition(", ")
    changed = (
        fact.upper(),
        fact.rstrip(".") + "!",
        f"Note that {fact[0].lower()}{fact[1:]}",
        f"Lesson learned: {fact}",
        f"{rest}, {first}" if comma else f"  {fact}  ",
        f"We learnt again: {fact}",
    )
    return chooser.choice(changed)


def distilled(chooser: random.Random) -> Iterator[Distilled]:
    """What each of the missions leaves: seldom a fact, always repetitions, boot text, recalled text, or people."""
    boot = [PERSONAS[role].prompt for role in PERSONAS] + [(ROOT / "agents/prompts/system.md").read_text("utf-8")]
    known: list[str] = []
    for mission in range(MISSIONS):
        if mission % 5 == 0 and mission // 5 < len(FACTS):
            known.append(FACTS[mission // 5])
            yield Distilled(known[-1], is_good=True, shown=tuple(boot))
        for _ in range(DUPLICATES_PER_MISSION):
            yield Distilled(reworded(chooser.choice(known), chooser), is_good=False, shown=tuple(boot))
        prompt = chooser.choice(boot)
        yield Distilled(chooser.choice(sentences(prompt)), is_good=False, shown=tuple(boot))
        recalled = chooser.choice(known)
        yield Distilled(f"From memory: {recalled}", is_good=False, shown=(*boot, f"> [mem_1] (insight) {recalled}"))
        person = chooser.choice(INVENTED).format(name=chooser.choice(NAMES), n=chooser.randint(2, 9))
        yield Distilled(person, is_good=False, shown=tuple(boot))


@pytest.mark.timeout(600)
@pytest.mark.long
async def test_a_thousand_missions_of_junk_leave_less_than_two_per_cent(
    sqlite_ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [persona.name for persona in PERSONAS.values()]
    memory = CompanyMemory(sqlite_ledger, colleagues=Colleagues([*names, *PERSONAS]))
    kept: dict[str, bool] = {}
    given = {True: 0, False: 0}
    for number, one in enumerate(distilled(random.Random(7))):
        given[one.is_good] += 1
        new = NewMemory(MemoryKind.INSIGHT, one.content, f"role-{number % 4}", f"turn:{number}", 0.9)
        try:
            remembered = await memory.remember(new, Shown(one.shown))
        except Invalid:
            continue
        if remembered.memory is not None and remembered.memory.id not in kept:
            kept[remembered.memory.id] = one.is_good

    async with sqlite_ledger.reading() as tx:
        there = {row.id: row for role in range(4) for row in await tx.memories.of_owner(f"role-{role}")}
    good = sum(kept[id] for id in there)
    junk = len(there) - good
    with capsys.disabled():
        sys.stdout.write(
            f"\n{given[False]:,} pieces of junk, {junk} stay ({junk / given[False]:.2%} of them, "
            f"{junk / len(there):.2%} of memory); of {given[True]} facts {good} stay ({good / given[True]:.1%})\n"
        )
    assert junk < MAX_JUNK_SHARE * len(there), [row.content for id, row in there.items() if not kept[id]]
    assert good >= MIN_GOOD_SHARE * given[True]


async def test_an_invented_colleague_whom_the_ceo_named_exists(sqlite_ledger: Ledger) -> None:
    mission = await mission_in(sqlite_ledger)
    memory = CompanyMemory(sqlite_ledger, colleagues=Colleagues(["pm"]))
    new = NewMemory(MemoryKind.INSIGHT, "Our analyst Priya Nair prefers tables", "pm", "a", mission_id=mission)
    with pytest.raises(Invalid, match="'Priya Nair' does not work here"):
        await memory.remember(new)
    await memory.remember(replace(new, owner="ceo", source_id="b"))
