"""The cases: each breaks a company at work in its own way, at moments that its seed decides.

A case gets a House with `count` missions just given and returns when it has done its worst; `Case.world` says what
kind of company it needs. Leases are 2 s (tests/chaos/chaos_company.py) so that 200 runs end in time; no outage is
scaled down.
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

import psutil

from tests.chaos.audit import JOURNAL
from tests.chaos.chaos_company import WORKERS, House, Note
from tests.chaos.pages import reading_of
from tests.fixtures.company import wait_for
from tests.fixtures.model import one, plans, says

Play = Callable[[House, random.Random, Sequence[str]], None]

REFERENCE = "[reference] Compare note apps"
CODE = "Build invoices for freelancers"
STARTUP = "[startup] A small invoicing tool for freelancers"


@dataclass(frozen=True)
class Case:
    """`play` is called once the missions are given; `before`, if any, just before that. `share`: runs of 200."""

    name: str
    sentence: str
    play: Play
    before: Callable[[House, random.Random, int], None] = lambda *_: None
    directive: str = REFERENCE
    at_once: int = 4
    share: int = 4
    world: str = "sqlite"
    workers_die: bool = True


def _nothing(house: House, rng: random.Random, given: Sequence[str]) -> None:
    pass


def _until(house: House, rng: random.Random, seconds: float) -> None:
    """Wait for a random moment of the next seconds; one after all missions have ended counts as not reached."""
    time.sleep(rng.uniform(0.1, seconds))
    house.late += not house.is_at_work()


# -- at a boundary


def _at(
    boundary: str, who: Sequence[str], most: int, what: str = "kill"
) -> Callable[[House, random.Random, int], None]:
    def leave(house: House, rng: random.Random, count: int) -> None:
        victims = rng.sample(who, k=min(count, len(who))) + rng.choices(who, k=max(0, count - len(who)))
        house.leave([Note(victim, boundary, rng.randint(1, most), what) for victim in victims])

    return leave


def _push(house: House, rng: random.Random, count: int) -> None:
    house.model.play(plans(one("tool", "engineer", "code"), times=0))
    for _ in range(count):
        house.leave([Note("engineer-1", "before-push", 1, after=round(rng.uniform(0.001, 0.12), 3))])


def _code(boundary: str, most: int) -> Callable[[House, random.Random, int], None]:
    def leave(house: House, rng: random.Random, count: int) -> None:
        house.model.play(plans(one("tool", "engineer", "code"), times=0))
        house.leave([Note("engineer-1", boundary, rng.randint(1, most)) for _ in range(count)])

    return leave


def _effects(house: House, rng: random.Random, count: int) -> None:
    """Each engineer appends a line to a file by a command: what ran twice shows there twice."""
    effect = says("run_command", {"command": f"echo ran >> {JOURNAL}"}, nth=6, times=2 * count, role="engineer")
    house.model.play(plans(one("tool", "engineer", "code"), times=0), effect)
    spots = [("after-tool", 12), ("before-result", 8), ("after-tool", 20), ("before-result", 12)]
    house.leave([Note("engineer-1", spot, rng.randint(2, most)) for spot, most in spots])


def _synthesis(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for id in given:
        mission = house.mission_of(id)
        wait_for(lambda m=mission: house.status(m) in ("synthesizing", "succeeded", "failed"), "a synthesis", 90)
        house.leave(
            [Note("vp-1", rng.choice(("after-reserve", "after-answer", "before-result", "before-completed")), 1)]
        )


# -- at random moments


def _signals(sign: signal.Signals, who: Sequence[str], every: float) -> Play:
    """As many signals as there are missions, each to anybody of `who`, at most `every` seconds after the one before."""

    def play(house: House, rng: random.Random, given: Sequence[str]) -> None:
        for _ in given:
            _until(house, rng, every)
            house.signal(rng.choice(who), sign)

    return play


def _kill(every: float) -> Play:
    return _signals(signal.SIGKILL, (*WORKERS, *WORKERS, "office", "redis"), every)


def _restart(every: float) -> Play:
    return _signals(signal.SIGTERM, (*WORKERS, "office"), every)


def _freeze(every: float) -> Play:
    return _signals(signal.SIGSTOP, WORKERS, every)


def _freeze_office(house: House, rng: random.Random, given: Sequence[str]) -> None:
    """The office that leads is stopped, and workers with tasks that only an office can take from them; when another
    leads they wake, some before and some after it did so, and one more is stopped."""
    first = house.leader()
    held = [Note(worker, "after-answer", 1, "stop") for worker in ("vp-1", rng.choice(WORKERS[1:]))]
    house.leave([Note("office", "after-lead", rng.randint(1, 2), "stop"), *held])
    wait_for(lambda: house.leader() != first, "another office to lead", 60)
    _until(house, rng, 4.0)
    house.wake()
    house.signal(rng.choice(WORKERS), signal.SIGSTOP)


def _power(seconds: float) -> Play:
    def play(house: House, rng: random.Random, given: Sequence[str]) -> None:
        _until(house, rng, seconds)
        house.power_off()
        house.company.up()

    return play


def _supervisor(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in range(2):
        _until(house, rng, 0.8)
        os.kill(house.company.supervisor(), signal.SIGKILL)
        time.sleep(rng.choice((0.0, 0.3, 2.0)))
        house.company.up()


# -- services


def _flush(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in given:
        _until(house, rng, 0.5)
        house.company.redis().flushall()


def _without(service: Callable[[House], AbstractContextManager[None]], seconds: float) -> Play:
    """A service is away for so long."""

    def play(house: House, rng: random.Random, given: Sequence[str]) -> None:
        _until(house, rng, 2.5)
        with service(house):
            time.sleep(seconds)

    return play


@contextmanager
def _memory_of_redis(house: House) -> Iterator[None]:
    house.company.redis().config_set("maxmemory", "1")
    yield
    house.company.redis().config_set("maxmemory", "512mb")


@contextmanager
def _redis(house: House) -> Iterator[None]:
    house.signal("redis", signal.SIGSTOP)
    yield
    house.signal("redis", signal.SIGCONT)


@contextmanager
def _ledger(house: House) -> Iterator[None]:
    with closing(sqlite3.connect(house.company.root / ".damascus/ledger.sqlite3", timeout=30)) as ledger:
        ledger.execute("begin immediate")
        yield
        ledger.rollback()


@contextmanager
def _disk(house: House) -> Iterator[None]:
    ballast = house.company.root / "ballast"
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], stderr=subprocess.DEVNULL, check=False)
    with ballast.open("ab", buffering=0) as file:
        try:
            while file.write(b"\0" * 512):
                pass
        except OSError:
            pass
    yield
    ballast.unlink()


def _postgres_down(house: House, rng: random.Random, given: Sequence[str]) -> None:
    assert house.postgres
    for _ in range(2):
        _until(house, rng, 0.8)
        house.postgres.stop()
        time.sleep(rng.uniform(0, 2))
        house.postgres.start()


def _clock(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in range(3):
        _until(house, rng, 0.8)
        house.step_clock(rng.choice((-3600.0, 3600.0, 0.0)))
    _until(house, rng, 0.5)
    house.signal(rng.choice((*WORKERS, "office")), signal.SIGKILL)
    _until(house, rng, 0.5)
    house.step_clock(0.0)


def _mixed(house: House, rng: random.Random, count: int) -> None:
    spots = [
        (who, name, 3) for who in WORKERS for name in ("after-reserve", "after-answer", "after-tool", "before-turn")
    ]
    spots += [("vp-1", "before-send", 2), ("office", "before-send", 1), ("engineer-1", "after-push", 1)]
    house.leave([Note(who, name, rng.randint(1, most)) for who, name, most in rng.sample(spots, k=4)])


# -- pages of the web


def _fetch(who: str, *spots: str) -> Callable[[House, random.Random, int], None]:
    def leave(house: House, rng: random.Random, count: int) -> None:
        assert house.small_web
        house.model.play(plans(one("pages", "pm"), times=count), *reading_of(house.small_web.url))
        house.leave([Note(who, spot, rng.randint(1, 3)) for spot in rng.sample(spots, k=min(len(spots), 2))])

    return leave


def _kill_parsers(house: House, rng: random.Random, given: Sequence[str]) -> None:
    """The children that parse pages, each a random moment after it was seen."""
    service = psutil.Process(house.company.children()["web"]["pid"])
    left = 2
    while left and house.is_at_work():
        for child in service.children():
            time.sleep(rng.uniform(0, 0.5))
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
                left -= 1
            break
        time.sleep(0.01)
    house.late += left


# fmt: off
CASES: tuple[Case, ...] = (
    Case("after-reserve", "killed with money held, before the model is asked", _nothing,
         _at("after-reserve", WORKERS, 8), share=8),
    Case("before-call", "killed with all but the last byte of a call sent", _nothing, _at("before-call", WORKERS, 8)),
    Case("after-answer", "killed with an answer that is not recorded", _nothing,
         _at("after-answer", WORKERS, 8), share=8),
    Case("before-turn", "killed with a turn written but not committed", _nothing, _at("before-turn", WORKERS, 8)),
    Case("after-tool", "killed after a tool ran", _nothing, _at("after-tool", WORKERS, 6)),
    Case("before-result", "killed with a result written but not committed", _nothing,
         _code("before-result", 3), CODE, 2),
    Case("before-completed", "killed with the completion written but not committed", _nothing,
         _at("before-completed", WORKERS, 3)),
    Case("before-send", "killed between commit and send", _nothing,
         _at("before-send", ("vp-1", "office", "vp-1"), 4), share=8),
    Case("after-send", "killed before it is noted that messages went out", _nothing,
         _at("after-send", ("vp-1", "office", "vp-1"), 4), share=8),
    Case("before-ack", "killed between handling and XACK", _nothing, _at("before-ack", WORKERS, 3)),
    Case("effects", "killed around commands whose effect cannot be taken back", _nothing, _effects, CODE, 2),
    Case("during-push", "killed 1 to 120 ms into a push", _nothing, _push, CODE, 2),
    Case("after-push", "killed when the forge has the commit and the ledger does not", _nothing,
         _code("after-push", 1), CODE, 2),
    Case("synthesis", "the VP is killed while it sums up", _synthesis),
    Case("kill", "kill -9 of anybody at random moments", _kill(0.6), share=8),
    Case("restart", "SIGTERM of anybody at random moments", _restart(0.6)),
    Case("startup", "the startup playbook, killed at four boundaries", _nothing, _mixed, STARTUP),
    Case("startup-kill", "the startup playbook, kill -9 of anybody at random moments", _kill(2.0), directive=STARTUP),
    Case("startup-power", "the startup playbook, every process dies at once", _power(4.0), directive=STARTUP),
    Case("startup-zombie", "the startup playbook, workers stopped at random and woken after their lease ran out",
         _freeze(1.2), directive=STARTUP, world="second"),
    Case("zombie", "stopped at random, woken after its lease ran out; a second worker takes over", _freeze(0.5),
         world="second"),
    Case("zombie-reserve", "stopped with money held", _nothing,
         _at("after-reserve", WORKERS, 4, "stop"), share=8, world="second"),
    Case("zombie-call", "stopped with all but the last byte of a call sent", _nothing,
         _at("before-call", WORKERS, 4, "stop"), world="second"),
    Case("zombie-answer", "stopped with an answer", _nothing,
         _at("after-answer", WORKERS, 4, "stop"), share=8, world="second"),
    Case("zombie-tool", "stopped after a tool ran", _nothing,
         _at("after-tool", WORKERS, 4, "stop"), world="second"),
    Case("zombie-office", "the office that leads is stopped, woken when a second one leads; workers are stopped too",
         _freeze_office, directive=STARTUP, world="second"),
    Case("supervisor", "the supervisor alone is killed, and `ceo up` comes at once or later, twice", _supervisor),
    Case("power-off", "every process dies at once", _power(1.2), share=4),
    Case("fetch-worker", "killed before it asks for a page, with the page, and with the page written", _nothing,
         _fetch("pm-1", "before-fetch", "after-fetch", "before-kept"), at_once=1, share=3, world="web"),
    Case("fetch-service", "the service that reads pages is killed when it is asked, with a page, and with its text",
         _nothing, _fetch("web", "before-page", "after-download", "after-parse"), at_once=1, share=3, world="web"),
    Case("fetch-parser", "children that parse pages are killed at random moments", _kill_parsers, _fetch("web"),
         at_once=1, share=2, world="web"),
    Case("redis-flushed", "FLUSHALL at random moments", _flush, workers_die=False),
    Case("redis-full", "Redis is out of memory for 30 s", _without(_memory_of_redis, 30), directive=STARTUP,
         workers_die=False),
    Case("redis-mute", "Redis does not answer for 60 s", _without(_redis, 60), directive=STARTUP, workers_die=False),
    Case("ledger-locked", "another program holds the ledger for 30 s", _without(_ledger, 30), directive=STARTUP,
         workers_die=False),
    Case("disk-full", "the disk is full for 30 s", _without(_disk, 30), directive=STARTUP, world="small-disk",
         workers_die=False),
    Case("clock", "the clock steps an hour back and forth, somebody dies meanwhile", _clock, directive=STARTUP),
    Case("pg-kill", "kill -9 at random moments, on PostgreSQL", _kill(0.6), world="postgres"),
    Case("pg-answer", "killed with an answer that is not recorded, on PostgreSQL", _nothing,
         _at("after-answer", WORKERS, 8), world="postgres"),
    Case("pg-restart", "PostgreSQL stops at once and comes back, twice", _postgres_down, world="postgres",
         workers_die=False),
    Case("pg-startup", "the startup playbook, kill -9 of anybody at random moments, on PostgreSQL", _kill(2.0),
         directive=STARTUP, world="postgres"),
    Case("pg-clock", "the clock steps an hour back and forth, somebody dies meanwhile, on PostgreSQL", _clock,
         directive=STARTUP, world="postgres"),
    Case("pg-zombie", "stopped at random, woken after its lease ran out, on PostgreSQL", _freeze(0.5),
         world="postgres-second"),
    Case("pg-zombie-office", "the office that leads is stopped, woken when a second one leads, on PostgreSQL",
         _freeze_office, directive=STARTUP, world="postgres-second"),
)
# fmt: on
BY_NAME = {case.name: case for case in CASES}
