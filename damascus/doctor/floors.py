"""The oldest versions of others' programs that are safe to run beside a company, and why."""

from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

STAND_IN = "+stand-in"  # what our own stand-ins end their version with


@dataclass(frozen=True, slots=True)
class Floor:
    """The first version without the holes that `because` names."""

    version: str
    because: str


FLOORS = {
    "gitea": Floor("1.27.1", "CVE-2026-60004: any account with write access runs a shell as Gitea's user"),
    "litellm": Floor("1.84.0", "CVE-2026-42208 and CVE-2026-49468; 1.82.7 and 1.82.8 were poisoned"),
    "gitpython": Floor("3.1.59", "options that reach git from a URL or a name"),
}


def below_floor(program: str, version: str) -> str | None:
    """Return why this version is not safe and which one is, in one line; None if it is, or cannot be compared."""
    floor = FLOORS[program]
    try:
        safe = version.endswith(STAND_IN) or Version(version) >= Version(floor.version)
    except InvalidVersion:
        return None
    return None if safe else f"{version} is below {floor.version} ({floor.because})"
