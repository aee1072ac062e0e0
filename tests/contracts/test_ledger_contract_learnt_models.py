"""What was learnt of a model is one row for all processes: two that learn at once both count, another address none."""

import asyncio
import json
import sys

from damascus.core.errors import Unavailable
from damascus.core.records.learnt_models import LearntModel
from damascus.core.settings import NamedModel
from damascus.ledger.engine import Ledger
from damascus.llm.known_models import KnownModels
from damascus.llm.told import ToldModel
from damascus.work.learnt_models import SharedLearntModels

URL = "http://127.0.0.1:11434/v1"
LEARNER = """
import asyncio, sys
from damascus.core.records.learnt_models import LearntModel
from damascus.ledger.engine import Ledger
from damascus.work.learnt_models import SharedLearntModels

async def main(ledger_url, url, n):
    ledger = Ledger(ledger_url)
    shared = SharedLearntModels(ledger)
    sys.stdin.readline()
    for step in range(5):
        lesson = LearntModel(refused=(f"field-{n}-{step}",), max_tokens=1000 + int(n) + step)
        await shared.change(url, "m", lambda known: known.with_also(lesson))
    await ledger.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_processes_that_learn_at_once_all_count(ledger: Ledger) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", LEARNER, ledger.url, URL, str(n), stdin=asyncio.subprocess.PIPE
        )
        for n in range(4)
    ]
    await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    known = (await SharedLearntModels(ledger).read(URL))["m"]
    assert set(known.refused) == {f"field-{n}-{step}" for n in range(4) for step in range(5)}
    assert known.max_tokens == 1000


async def test_what_was_learnt_is_forgotten_when_the_address_changes(ledger: Ledger) -> None:
    shared = SharedLearntModels(ledger)
    await shared.change(URL, "m", lambda known: known.with_also(LearntModel(whole=True)))
    assert await shared.read("http://elsewhere/v1") == {}
    await shared.change("http://elsewhere/v1", "m", lambda known: known)
    assert await shared.read(URL) == {}
    assert await shared.read("http://elsewhere/v1") == {"m": LearntModel()}


async def test_each_field_is_read_back_as_it_was_written(ledger: Ledger) -> None:
    learnt = LearntModel(("a", "b"), ("c",), True, 7, True, 8, 9)
    shared = SharedLearntModels(ledger)
    assert await shared.change(URL, "m" * 300, lambda _: learnt) == learnt
    await shared.change(URL, "n", lambda known: known)
    assert await shared.read(URL) == {"m" * 300: learnt, "n": LearntModel()}


class ToldNothing:
    """A server that tells nothing."""

    def told(self, _model: str) -> ToldModel:
        return ToldModel()


def process_of(ledger: Ledger, **named: NamedModel) -> KnownModels:
    return KnownModels(URL, named, SharedLearntModels(ledger), ToldNothing())  # type: ignore[arg-type]


async def test_what_one_process_learns_the_others_know_with_their_next_call(ledger: Ledger) -> None:
    one, other = process_of(ledger), process_of(ledger)
    await other.refresh()
    await one.learn("m", LearntModel(refused=("temperature",)))
    await other.learn("m", LearntModel(needed=("reasoning_content",)))
    await one.refresh()
    assert one.of("m") == other.of("m") == LearntModel(("temperature",), ("reasoning_content",))


async def test_sizes_are_forgotten_by_all_and_the_rest_is_kept(ledger: Ledger) -> None:
    one, other = process_of(ledger), process_of(ledger)
    await one.learn("m", LearntModel(("temperature",), whole=True, max_tokens=7, too_large=8, window=9))
    await other.forget_sizes("m")
    await one.refresh()
    assert one.of("m") == other.of("m") == LearntModel(("temperature",), whole=True)


class AwayOnce:
    """A ledger that cannot be reached at first."""

    def __init__(self, shared: SharedLearntModels) -> None:
        self.shared, self.is_away = shared, True

    async def read(self, url: str) -> object:
        if self.is_away:
            raise Unavailable("the ledger is away")
        return await self.shared.read(url)

    async def change(self, *given: object) -> object:
        if self.is_away:
            raise Unavailable("the ledger is away")
        return await self.shared.change(*given)  # type: ignore[arg-type]


async def test_what_cannot_be_shared_now_is_kept_and_shared_later(ledger: Ledger) -> None:
    away = AwayOnce(SharedLearntModels(ledger))
    one = KnownModels(URL, {}, away, ToldNothing())  # type: ignore[arg-type]
    await one.refresh()
    await one.learn("m", LearntModel(whole=True))
    await one.learn("m", LearntModel(window=100))
    assert one.of("m") == LearntModel(whole=True, window=100)
    away.is_away = False
    await one.refresh()
    assert await SharedLearntModels(ledger).read(URL) == {"m": LearntModel(whole=True, window=100)}
    assert json.dumps(list(one.facts("m"))) == '["context window 100 (learnt)", "not streamed (learnt)"]'
