"""What a worker publishes of a response while it arrives: whole words, no secret, at most ten times a second."""

from types import SimpleNamespace
from typing import Any

import pytest

from agents.live_output import FLUSH_SECONDS, MAX_WORD_CHARS, LiveOutput
from damascus.core.clock import FixedClock
from damascus.core.errors import Unavailable
from damascus.core.live_output import OutputPart, OutputPiece
from damascus.core.redaction import remember_secret

SECRET = "sk-live-4b825dc642cb6eb9"


class Bus:
    """What was published."""

    def __init__(self) -> None:
        self.said: list[OutputPiece] = []
        self.is_away = False

    async def publish_live(self, task_id: str, text: str) -> None:
        if self.is_away:
            raise Unavailable("Redis is away")
        assert task_id == "task_1"
        self.said.append(OutputPiece.from_json(text))


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def live(bus: Bus, clock: FixedClock) -> LiveOutput:
    services: Any = SimpleNamespace(bus=bus, clock=clock)
    return LiveOutput(services, "task_1")


def piece(text: str, part: OutputPart = OutputPart.TEXT, **more: Any) -> OutputPiece:
    return OutputPiece(part, text, attempt=more.pop("attempt", "res_1"), **more)


async def test_pieces_are_put_together_and_say_where_they_belong(live: LiveOutput, bus: Bus, clock: FixedClock) -> None:
    await live.say(piece("one "))
    await live.say(piece("thinking ", OutputPart.REASONING))
    assert bus.said == []
    clock.advance(FLUSH_SECONDS)
    await live.say(piece("two th"))
    assert bus.said == [piece("one two "), piece("thinking ", OutputPart.REASONING)]
    clock.advance(FLUSH_SECONDS)
    await live.say(piece("ree "))
    assert bus.said[2:] == [piece("three ", offset=8)]
    clock.advance(FLUSH_SECONDS)
    await live.say(piece("again ", attempt="res_2"))
    await live.say(piece("at once "))
    assert bus.said[3:] == [piece("again ", attempt="res_2")]


async def test_a_secret_is_shown_in_no_piece_however_it_is_cut(live: LiveOutput, bus: Bus, clock: FixedClock) -> None:
    remember_secret(SECRET)
    for char in f'{{"key": "{SECRET}", "then": 1}} ':
        clock.advance(FLUSH_SECONDS)
        await live.say(piece(char, OutputPart.ARGUMENTS, tool="write_file"))
    shown = "".join(one.text for one in bus.said)
    assert shown == '{"key": "***", "then": 1} '
    assert [one.offset for one in bus.said] == [
        0,
        len('{"key": '),
        len('{"key": "***", '),
        len('{"key": "***", "then": '),
    ]


async def test_a_word_without_end_is_shown_and_kept_within_a_bound(
    live: LiveOutput, bus: Bus, clock: FixedClock
) -> None:
    for _ in range(5):
        clock.advance(FLUSH_SECONDS)
        await live.say(piece("x" * MAX_WORD_CHARS))
    assert len("".join(one.text for one in bus.said)) >= 4 * MAX_WORD_CHARS


async def test_a_bus_that_is_away_costs_the_piece_and_no_more(live: LiveOutput, bus: Bus, clock: FixedClock) -> None:
    bus.is_away = True
    clock.advance(FLUSH_SECONDS)
    await live.say(piece("lost "))
    bus.is_away = False
    clock.advance(FLUSH_SECONDS)
    await live.say(piece("heard "))
    assert bus.said == [piece("heard ", offset=5)]
