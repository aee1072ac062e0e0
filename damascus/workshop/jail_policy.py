"""What a jailed command may read, and its environment: lists of paths, built from nothing.

Everything that is not listed is out of reach, so a new secret on the machine is safe without being known here.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from damascus.workshop.jail.job import ENVIRONMENT

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
_PACKAGES = ("lib/python3*/dist-packages", "local/lib/python3*/dist-packages")  # of Debian's Python, below /usr
PROGRAM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_ETC = (
    "alternatives", "ca-certificates", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "magic",
    "mime.types", "nsswitch.conf", "os-release", "passwd", "perl", "pki/ca-trust", "pki/tls/certs", "protocols",
    "services", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
)  # fmt: skip
_PROC = (
    "cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys/kernel/ngroups_max", "sys/kernel/osrelease",
    "sys/kernel/pid_max", "sys/vm/overcommit_memory", "uptime", "version",
)  # fmt: skip
_DEVICES = ("/dev/full", "/dev/null", "/dev/random", "/dev/urandom", "/dev/zero")
_CPUS = ("/sys/devices/system/cpu",)


def readable() -> list[Path]:
    """Return the files and trees a command may read and execute: the machine's programs, and Python without packages.

    The company's own environment is not among them. Of a folder with packages of the machine's Python its entries are,
    each on its own, without those: no rule of Landlock takes away what another one gives.
    """
    etc = [Path("/etc", name) for name in _ETC] + sorted(Path("/etc").glob("python3*"))
    proc = [Path("/proc", name) for name in _PROC]
    python = [Path(sys.base_prefix), Path(sys.base_exec_prefix)]
    paths = [*map(Path, _PROGRAMS + _CPUS), *etc, *proc, *python]
    trees = [path for path in dict.fromkeys(path.resolve() for path in paths) if path.exists()]
    hidden = [found for place in _PACKAGES for found in Path("/usr").glob(place)]
    return list(dict.fromkeys(path for tree in trees for path in _without(tree, hidden)))


def _without(tree: Path, hidden: list[Path]) -> Iterator[Path]:
    """Yield the largest parts of a tree that have none of `hidden` in them; of a link what it leads to is a part."""
    if tree in hidden:
        return
    if not any(path.is_relative_to(tree) for path in hidden):
        yield tree
        return
    for path in sorted(tree.iterdir()):
        if not path.is_symlink():
            yield from _without(path, hidden)


def devices() -> list[Path]:
    """Return the devices a command may read and write."""
    return [path for path in map(Path, _DEVICES) if path.exists()]


def environment(home: Path) -> dict[str, str]:
    """Return the command's whole environment; `home` is its private directory, beside which are its programs."""
    own = Path(f"{home.parent}{ENVIRONMENT}")
    return {
        "PATH": f"{own}/bin:{PROGRAM_PATH}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        "NODE_PATH": str(own / "node_modules"),
        "npm_config_offline": "true",
        "npm_config_update_notifier": "false",
        "CI": "1",
    }
