"""The oldest versions of others' programs that the company works with (NEEDED), or is safe beside (SAFE), and why.

The README and `docs/how-to/versions.md` show these tables; a test holds them to it.
"""

import re
from dataclasses import dataclass

STAND_IN = "+stand-in"  # what our own stand-ins end their version with
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class Minimum:
    """The first version that will do, and what it has that those before it lack; `name` is as people write it."""

    name: str
    version: str
    because: str


NEEDED = {
    "python": Minimum("Python, with `venv`", "3.11", "the company is written in it"),
    "git": Minimum("git", "2.32", "earlier ones read configuration that is not the company's"),
    "sqlite": Minimum("SQLite, a part of Python", "3.35", "`RETURNING`"),
    "redis": Minimum("Redis or Valkey that the company starts", "7.0", "rights for each role; one comes along"),
    "redis_url": Minimum("Redis or Valkey at `REDIS_URL`", "6.2", "`XAUTOCLAIM`"),
    "postgresql": Minimum("PostgreSQL at `LEDGER_URL`", "12", "no earlier one was tried"),
    "linux": Minimum("Linux", "5.13", "Landlock, the jail of commands (`docs/how-to/where-it-runs.md`)"),
    "uv": Minimum("uv", "0.4", "no earlier one was tried; `make` installs one if yours is older"),
    "docker": Minimum("Docker Engine, for containers", "20.10", "`host-gateway`"),
    "compose": Minimum("Docker Compose, for containers", "2.24", "services that another can do without"),
}
SAFE = {
    "gitea": Minimum("Gitea", "1.27.1", "CVE-2026-60004: any account with write access runs a shell as Gitea's user"),
    "litellm": Minimum("LiteLLM", "1.84.0", "CVE-2026-42208 and CVE-2026-49468; 1.82.7 and 1.82.8 were poisoned"),
    "gitpython": Minimum("GitPython", "3.1.59", "options that reach git from a URL or a name"),
}


def is_older(version: str, minimum: str) -> bool | None:
    """Compare the first numbers of `version` with `minimum`; a pre-release counts as its release.

    Returns None if `version` has no numbers.
    """
    found = _NUMBERS.search(version)
    return _parts(found[0]) < _parts(minimum) if found else None


def below_safe(program: str, version: str) -> str | None:
    """Return why this version is not safe and which one is, in one line; None if it is, or cannot be compared."""
    minimum = SAFE[program]
    if version.endswith(STAND_IN) or not is_older(version, minimum.version):
        return None
    return f"{version} is below {minimum.version} ({minimum.because})"


def _parts(numbers: str) -> tuple[int, ...]:
    """Return the numbers without the zeros at their end: 7 is 7.0."""
    return tuple(map(int, re.sub(r"(\.0+)+$", "", numbers).split(".")))
