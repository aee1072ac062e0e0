"""`make security`: every attack of this folder as the user who asks and, where that is root, as one without root, too.

Prints the table of attacks; exits with 1 when one of them is not held, or cannot be played. Further arguments are
pytest's: `python -m tests.security -k token`.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ORDINARY = "nobody"
SHARED_OUT = ["-n", "auto", "--dist", "loadfile"]  # on all processors
Table = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Attacker:
    """A user by whom the attacks are played: what comes before pytest's arguments, and the user's environment."""

    name: str
    python: list[str]
    env: dict[str, str]
    folder: Path


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="s-") as scratch:  # the path of a socket has 107 bytes at the most
        folder = Path(scratch)
        (folder / "own").mkdir()
        me = Attacker(pwd.getpwuid(os.getuid()).pw_name, [sys.executable], dict(os.environ), folder / "own")
        results = [(me.name, *play(me))]
        if os.getuid() == 0:
            folder.chmod(0o755)
            with ordinary_user(folder) as user:
                results.append((user.name, *play(user)))
    print_table([(name, table) for name, _, table in results])
    return int(any(code != 0 for _, code, _ in results))


def play(attacker: Attacker) -> tuple[int, Table]:
    """Pytest's exit code, and what became of each attack."""
    print(f"\n== the attacks, as {attacker.name}", flush=True)
    report = attacker.folder / "report.xml"
    arguments = [
        "-m",
        "pytest",
        "tests/security",
        *SHARED_OUT,
        f"--junitxml={report}",
        "-p",
        "no:cacheprovider",
        *sys.argv[1:],
    ]
    done = subprocess.run(
        [*attacker.python, *arguments, f"--basetemp={attacker.folder / 't'}"], cwd=ROOT, env=attacker.env
    )
    return done.returncode, read_report(report)


def read_report(path: Path) -> Table:
    """Each attack and its class: `yes` if every test of it passed, `NO` if one failed, else why it was not played."""
    table: Table = {}
    for case in ElementTree.parse(path).iter("testcase") if path.exists() else ():
        said = {p.get("name"): p.get("value") for p in case.iter("property")}
        key = str(said.get("attack", case.get("name"))), str(said.get("class", "?"))
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            table[key] = "NO"
        elif skipped is not None:
            table.setdefault(key, f"not played: {skipped.get('message')}")
        elif table.get(key) != "NO":
            table[key] = "yes"
    return table


def print_table(results: list[tuple[str, Table]]) -> None:
    keys = sorted({key for _, table in results for key in table}, key=lambda key: key[::-1])
    rows = [("attack", "class", *(f"held, as {name}" for name, _ in results))]
    rows += [(*key, *(table.get(key, "not played") for _, table in results)) for key in keys]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print(" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def ordinary_user(scratch: Path) -> Iterator[Attacker]:
    """`nobody`, with a folder and a home of its own. Exits where that user cannot read this clone or run Python."""
    account = pwd.getpwnam(ORDINARY)
    folder = scratch / ORDINARY
    (folder / "home").mkdir(parents=True)
    become = [
        "setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--inh-caps=-all",
        "--bounding-set=-all", "env",
    ]  # fmt: skip
    if subprocess.run(
        [*become, "sh", "-c", f'cd "{ROOT}" && test -r pyproject.toml && test -r .venv/pyvenv.cfg']
    ).returncode:
        sys.exit(f"security: {ORDINARY} cannot read {ROOT}: put the clone where every user of this machine may read it")
    python = _python_for(become)
    for path in (folder, *folder.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)
    env = {**os.environ, "HOME": str(folder / "home"), "USER": ORDINARY, "PYTHONDONTWRITEBYTECODE": "1"}
    env |= {"TMPDIR": str(folder), "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}
    yield Attacker(ORDINARY, [*become, str(python)], env, folder)


def _python_for(become: list[str]) -> Path:
    """This interpreter; or where it lies in a home that the user cannot enter, the system's of the same version."""
    if _can_run(become, Path(sys.executable)):
        return Path(sys.executable)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    system = Path("/usr/bin") / version
    if not _can_run(become, system):
        home = Path(sys.executable).resolve()
        sys.exit(f"security: {ORDINARY} can run neither {home} nor {system}: install {version} for every user")
    return _second_environment(system)


def _second_environment(system: Path) -> Path:
    """What `make setup` installs, for another interpreter; made once for each `make setup`."""
    uv = shutil.which("uv") or str(ROOT / ".uv/bin/uv")
    place, setup = ROOT / ".venv/ordinary", ROOT / ".venv/.ready"
    python, ready = place / "bin/python", place / ".ready"
    if not ready.exists() or ready.stat().st_mtime < setup.stat().st_mtime:
        print(f"installing into {place} for {system}", flush=True)
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([uv, "venv", "--quiet", "--python", system, place], check=True)
        install = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, "requirements.lock"]
        subprocess.run(install, check=True, cwd=ROOT)
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "--editable", "."]
        subprocess.run(install, check=True, cwd=ROOT)
        ready.touch()
    return python


def _can_run(become: list[str], python: Path) -> bool:
    tried = subprocess.run([*become, "sh", "-c", f'"{python}" -c "import ssl"'], capture_output=True)
    return tried.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
