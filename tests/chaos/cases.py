"""The cases: each breaks a company at work in its own way, at moments that its seed decides.

A case gets a House with `count` missions just given and returns when it has done its worst; `Case.worlds` says what
kind of company it needs. What is scaled down so that 200 runs end in time is said in each case's sentence.
"""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from tests.chaos.audit import JOURNAL
from tests.chaos.house import WORKERS, House, Note
from tests.fixtures.company import wait_for
from tests.fixtures.model import one, plans, says

Play = Callable[[House, random.Random, Sequence[str]], None]
SPREAD = 3.0  # seconds from the directive within which a random moment lies
OUTAGE = 6.0  # seconds that a service is away: three leases

REFERENCE = "[reference] Compare note apps"
CODE = "Build invoices for freelancers"
STARTUP = "[startup] A small invoicing tool for freelancers"


@dataclass(frozen=True)
class Case:
    """`play` is called once the missions are given; `before`, if any, just before that."""

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


def _until(rng: random.Random, spread: float = SPREAD) -> None:
    time.sleep(rng.uniform(0.1, spread))


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


def _kill(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in given:
        _until(rng, 1.5)
        house.signal(rng.choice((*WORKERS, *WORKERS, "office", "redis")), signal.SIGKILL)


def _restart(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in given:
        _until(rng, 1.5)
        house.signal(rng.choice((*WORKERS, "office")), signal.SIGTERM)


def _freeze(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in given:
        _until(rng, 1.0)
        house.signal(rng.choice(WORKERS), signal.SIGSTOP)


def _power(house: House, rng: random.Random, given: Sequence[str]) -> None:
    _until(rng)
    house.power_off()
    house.company.up()


def _supervisor(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in range(2):
        _until(rng, 1.5)
        os.kill(house.company.supervisor(), signal.SIGKILL)
        time.sleep(rng.choice((0.0, 0.3, 2.0)))
        house.company.up()


# -- services


def _flush(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in given:
        _until(rng, 1.0)
        house.company.redis().flushall()


def _redis_full(house: House, rng: random.Random, given: Sequence[str]) -> None:
    _until(rng, 1.5)
    house.company.redis().config_set("maxmemory", "1")
    time.sleep(OUTAGE)
    house.company.redis().config_set("maxmemory", "512mb")


def _redis_mute(house: House, rng: random.Random, given: Sequence[str]) -> None:
    _until(rng, 1.5)
    house.signal("redis", signal.SIGSTOP)
    time.sleep(OUTAGE)
    house.signal("redis", signal.SIGCONT)


def _ledger_locked(house: House, rng: random.Random, given: Sequence[str]) -> None:
    _until(rng, 1.5)
    with closing(sqlite3.connect(house.company.root / ".damascus/ledger.sqlite3", timeout=30)) as ledger:
        ledger.execute("begin immediate")
        time.sleep(OUTAGE)
        ledger.rollback()


def _postgres_down(house: House, rng: random.Random, given: Sequence[str]) -> None:
    assert house.postgres
    for _ in range(2):
        _until(rng, 1.5)
        house.postgres.stop()
        time.sleep(rng.uniform(0, 2))
        house.postgres.start()


def _disk_full(house: House, rng: random.Random, given: Sequence[str]) -> None:
    _until(rng, 1.5)
    ballast = house.company.root / "ballast"
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], stderr=subprocess.DEVNULL, check=False)
    with ballast.open("ab", buffering=0) as file:
        try:
            while file.write(b"\0" * 512):
                pass
        except OSError:
            pass
    time.sleep(OUTAGE)
    ballast.unlink()


def _clock(house: House, rng: random.Random, given: Sequence[str]) -> None:
    for _ in range(3):
        _until(rng, 1.5)
        house.step_clock(rng.choice((-3600.0, 3600.0, 0.0)))
    _until(rng, 1.0)
    house.signal(rng.choice((*WORKERS, "office")), signal.SIGKILL)
    _until(rng, 1.0)
    house.step_clock(0.0)


def _mixed(house: House, rng: random.Random, count: int) -> None:
    spots = [
        (who, name, 3) for who in WORKERS for name in ("after-reserve", "after-answer", "after-tool", "before-turn")
    ]
    spots += [("vp-1", "before-send", 2), ("office", "before-send", 1), ("engineer-1", "after-push", 1)]
    house.leave([Note(who, name, rng.randint(1, most)) for who, name, most in rng.sample(spots, k=4)])


# fmt: off
CASES: tuple[Case, ...] = (
    Case("after-reserve", "killed with money held, before the model is asked", _nothing,
         _at("after-reserve", WORKERS, 8)),
    Case("before-call", "killed with all but the last byte of a call sent", _nothing, _at("before-call", WORKERS, 8)),
    Case("after-answer", "killed with an answer that is not recorded", _nothing, _at("after-answer", WORKERS, 8)),
    Case("before-turn", "killed with a turn written but not committed", _nothing, _at("before-turn", WORKERS, 8)),
    Case("after-tool", "killed after a tool ran", _nothing, _at("after-tool", WORKERS, 6)),
    Case("before-result", "killed with a result written but not committed", _nothing,
         _code("before-result", 3), CODE, 2),
    Case("before-completed", "killed with the completion written but not committed", _nothing,
         _at("before-completed", WORKERS, 3)),
    Case("before-send", "killed between commit and send", _nothing, _at("before-send", ("vp-1", "office", "vp-1"), 4)),
    Case("after-send", "killed before it is noted that messages went out", _nothing,
         _at("after-send", ("vp-1", "office", "vp-1"), 4)),
    Case("before-ack", "killed between handling and XACK", _nothing, _at("before-ack", WORKERS, 3)),
    Case("effects", "killed around commands whose effect cannot be taken back", _nothing, _effects, CODE, 2),
    Case("during-push", "killed 1 to 120 ms into a push", _nothing, _push, CODE, 2),
    Case("after-push", "killed when the forge has the commit and the ledger does not", _nothing,
         _code("after-push", 1), CODE, 2),
    Case("synthesis", "the VP is killed while it sums up", _synthesis),
    Case("kill", "kill -9 of anybody at random moments", _kill, share=8),
    Case("restart", "SIGTERM of anybody at random moments", _restart),
    Case("startup", "the startup playbook, killed at four boundaries", _nothing, _mixed, STARTUP, 1, share=2),
    Case("zombie", "stopped at random, woken after its lease ran out; a second worker takes over", _freeze,
         world="second"),
    Case("zombie-reserve", "stopped with money held", _nothing,
         _at("after-reserve", WORKERS, 4, "stop"), world="second"),
    Case("zombie-call", "stopped with all but the last byte of a call sent", _nothing,
         _at("before-call", WORKERS, 4, "stop"), world="second"),
    Case("zombie-answer", "stopped with an answer", _nothing, _at("after-answer", WORKERS, 4, "stop"), world="second"),
    Case("zombie-tool", "stopped after a tool ran", _nothing, _at("after-tool", WORKERS, 4, "stop"), world="second"),
    Case("supervisor", "the supervisor alone is killed, and `ceo up` comes at once or later, twice", _supervisor),
    Case("power-off", "every process dies at once", _power),
    Case("redis-flushed", "FLUSHALL at random moments", _flush, workers_die=False),
    Case("redis-full", "Redis is out of memory for 6 s", _redis_full, workers_die=False),
    Case("redis-mute", "Redis does not answer for 6 s (of the 60 s asked for)", _redis_mute, workers_die=False),
    Case("ledger-locked", "another program holds the ledger for 6 s (of the 30 s asked for)", _ledger_locked,
         workers_die=False),
    Case("disk-full", "the disk is full for 6 s", _disk_full, world="small-disk", workers_die=False),
    Case("clock", "the clock steps an hour back and forth, somebody dies meanwhile", _clock),
    Case("pg-kill", "kill -9 at random moments, on PostgreSQL", _kill, world="postgres"),
    Case("pg-answer", "killed with an answer that is not recorded, on PostgreSQL", _nothing,
         _at("after-answer", WORKERS, 8), world="postgres"),
    Case("pg-restart", "PostgreSQL stops at once and comes back, twice", _postgres_down, world="postgres",
         workers_die=False),
)
# fmt: on
BY_NAME = {case.name: case for case in CASES}
