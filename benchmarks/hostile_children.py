"""`python -m benchmarks.hostile_children [CHILDREN] [SEED]`: hostile children by the thousand, in the real jail.

Each command starts 250, ten at once; each child does a few things at random of what attacks did: system calls with any
arguments, names that look like lines of /proc, forks, sessions, memory, files. What is left, what was written
outside, and how far limits were passed is counted. Every other command runs as in a container without namespaces.

Exits with 1 if anything is left, written outside or refused, or more processes or files were there than may be. Bytes
are bounded as often as they are looked at: how many there were at most is printed.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from textwrap import dedent

import psutil

from damascus.workshop.jail import disk_usage
from tests.fixtures.jailed import LIBC, Jail, outcome

PER_COMMAND = 250
LIMITS = {"memory_mb": 500, "processes": 40, "workspace_files": 2_000, "workspace_mb": 50, "cpu_seconds": 20}
SECONDS = 60.0
FILES = "files in a workspace (limit 2000)"
CHILD = """
    import random
    dice = random.Random({seed})
    NUMBERS = [0, 1, 2, 7, 255, 4095, 4096, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**47, 2**63 - 1, 2**63, 2**64 - 4096,
               2**64 - 1, -100]
    WORDS = [b"\\rRssAnon: z", b"\\rVmSwap: -99999", b"\\nVmSwap: -9 kB", b") R 1 (", b"\\xff\\xfe",
             b"Max file locks 1 1", b""]
    HELD = [90, 91, 160, 268, 280, 302, 452]
    def number():
        return dice.choice(NUMBERS) if dice.random() < 0.8 else dice.getrandbits(64)
    def held():
        which = dice.choice(HELD) if dice.random() < 0.999 else 9  # a huge shared mapping ends the command at once
        call(which, *[number() if dice.random() < 0.8 else b"attack.py" for _ in range(6)])
    def children():
        for _ in range(dice.randrange(2)):
            if os.fork() == 0:
                os.setsid()
                time.sleep(0.3)
                os._exit(0)
    def memory():
        block = bytearray(dice.randrange(1, 4) << 20)
        for at in range(0, len(block), 4096):
            block[at] = 1
    def files():
        place = f"x{{dice.getrandbits(64)}}"
        os.mkdir(place, dice.choice([0o700, 0o311, 0]))
        for n in range(dice.randrange(12)):
            open(f"{{place}}/{{n}}", "wb").write(b"x" * dice.randrange(9000))
    def crowd():
        for n in range(dice.randrange(6)):
            name = f"c{{dice.getrandbits(64)}}"
            dice.choice([os.mkdir, lambda name: os.symlink("x", name), lambda name: os.link("attack.py", name),
                         lambda name: call(259, -100, name.encode(), 0o100600, 0), lambda name: open(name, "w").close(),
                         lambda name: call(316, -100, name.encode(), -100, name.encode() + b"w", 4)])(name)
    def room():
        file = open(f"r{{dice.getrandbits(64)}}", "wb")
        dice.choice([lambda: call(285, file.fileno(), 0, 0, 1 << 24), lambda: file.write(b"x" * (1 << 21)),
                     lambda: os.truncate(file.name, 1 << 24)])()
        if dice.random() < 0.7:
            os.unlink(file.name)
    def outside():
        open(dice.choice(["/tmp/hostile", "../hostile", "/hostile", os.environ["HOME"] + "/../hostile"]), "w")
    def signals():
        os.kill(os.getpid(), signal.SIGSTOP) if dice.random() < 0.1 else os.kill(dice.choice([-1, 1]), 0)
    DEEDS = [held, held, held, held, lambda: rename(dice.choice(WORDS)), memory, files, crowd, room, outside,
             lambda: libc.prctl(dice.choice([1, 4, 36]), dice.choice([0, 1])), signals, children]
    def child():
        for _ in range(12):
            try:
                dice.choice(DEEDS)()
            except Exception:
                pass
    for n in range(0, {children}, 10):
        pids = []
        for at in range(n, n + 10):
            dice.seed({seed} + at)
            pid = os.fork()
            if pid == 0:
                child()
                os._exit(0)
            pids.append(pid)
        end = time.time() + 0.5
        while pids:
            pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
            if time.time() > end:
                [os.kill(pid, 9) for pid in pids]
            time.sleep(0.002)
        open("count", "a").write("." * 10)
"""


def main() -> int:
    children, seed = [int(word) for word in [*sys.argv[1:], "10000", "1"][:2]]
    told, most = Counter[str](), Counter[str]()
    began, done, number = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as scratch:
        scratch_path = Path(scratch)
        while done < children:
            place, temporary = scratch_path / f"code/{number}", scratch_path / "tmp"
            place.mkdir(parents=True)
            temporary.mkdir(exist_ok=True)
            done += play(Jail(place, temporary, bool(number % 2)), seed + done, told, most)
            number += 1
        places = [*scratch_path.rglob("hostile"), Path("/tmp/hostile"), Path("/hostile")]
        outside = [path for path in places if path.exists()]
    told["files outside"] = len(outside)
    print(f"{done} hostile children in {number} commands, seed {seed}, {time.monotonic() - began:.0f} s")
    for name in ("ended by itself", "stopped at a limit", "out of time", "killed", "launcher failed", "processes left",
                 "folders left", "files outside"):  # fmt: skip
        print(f"| {name} | {told[name]} |")
    for name, value in most.items():
        print(f"| {name} | {value} |")
    over = most["processes at once"] > LIMITS["processes"] or most[FILES] > LIMITS["workspace_files"]
    bad = ("launcher failed", "processes left", "folders left", "files outside")
    return int(over or any(told[name] for name in bad))


def play(jail: Jail, seed: int, told: "Counter[str]", most: "Counter[str]") -> int:
    """Run one command of hostile children; return how many ran, at least one."""
    (jail.workspace / "attack.py").write_text(dedent(LIBC) + dedent(CHILD.format(seed=seed, children=PER_COMMAND)))
    caller = jail.start("exec python3 attack.py", seconds=SECONDS, **LIMITS)
    while caller.poll() is None:
        threads, memory = 0, 0
        for process in jail.left():
            try:
                threads += process.num_threads()
                memory += process.memory_full_info().uss >> 20
            except psutil.Error:
                continue
        most["processes at once"] = max(most["processes at once"], threads)
        most["MiB of memory in all (limit 500)"] = max(most["MiB of memory in all (limit 500)"], memory)
        time.sleep(0.1)
    result = outcome(caller)
    why = "stopped at a limit" if "[stopped by the workshop: more than" in result.output else "killed"
    why = "out of time" if result.timed_out else "ended by itself" if result.exit_code == 0 else why
    told["launcher failed" if result.exit_code == -1 else why] += 1
    told["processes left"] += len(jail.left())
    told["folders left"] += len(os.listdir(jail.temporary))
    count = (jail.workspace / "count").stat().st_size if (jail.workspace / "count").exists() else 0
    found = disk_usage.used((str(jail.workspace),), 1_000_000)
    most[FILES] = max(most[FILES], found.files)
    most["MiB in a workspace (limit 50)"] = max(most["MiB in a workspace (limit 50)"], found.size >> 20)
    disk_usage.remove(str(jail.workspace))
    return max(count, 1)


if __name__ == "__main__":
    sys.exit(main())
