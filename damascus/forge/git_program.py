"""Whether the git on the PATH is one that the company can work with: its version, and what is used of it.

With the standard library alone: a start waits for it.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.core.minimums import NEEDED, is_older
from damascus.core.settings import child_environment

GIT_CHECK_TIMEOUT_SECONDS = 4
_MINIMUM = NEEDED["git"]
_NEWER = f"git {_MINIMUM.version} or newer"
_CONFIGURATION = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "damascus.seen", "GIT_CONFIG_VALUE_0": "yes"}


def check_git(*, over_http: bool) -> str:
    """Return what git says of its version, once it has done what the company asks of it; `over_http`: also a push.

    Raises Misconfigured, in one line, if it is missing, too old, incomplete or does not respond.
    """
    found = shutil.which("git")
    if found is None:
        raise Misconfigured(f"there is no git on the PATH; install {_NEWER}")
    said = _run(found, "--version")
    if is_older(said, _MINIMUM.version) is not False:
        raise Misconfigured(f"{found} is too old ({said or 'it tells no version'}): {_advice(found)}")
    with tempfile.TemporaryDirectory(prefix="git-check-") as folder:
        _run(found, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", folder)
        _run(found, "config", "--get", "damascus.seen", env={"GIT_DIR": folder, **_CONFIGURATION})
    if over_http and shutil.which("git-remote-https", path=_run(found, "--exec-path")) is None:
        raise Misconfigured(f"{found} cannot push over HTTP (it has no git-remote-https): install all of {_NEWER}")
    return said


def _run(git: str, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Return git's output on one line. Raises Misconfigured, with its own words, if it fails or does not respond."""
    ours = {name: value for name, value in child_environment().items() if name in ("PATH", "TMPDIR")}
    ours |= {"LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **(env or {})}
    try:
        done = subprocess.run(
            [git, *arguments], capture_output=True, text=True, errors="replace", check=False,
            env=ours, timeout=GIT_CHECK_TIMEOUT_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Misconfigured(
            f"{git} {arguments[0]} did not end within {GIT_CHECK_TIMEOUT_SECONDS} s: {_advice(git)}"
        ) from None
    except OSError as error:
        raise Misconfigured(f"{git} cannot be run ({error.strerror}): {_advice(git)}") from None
    if done.returncode != 0:
        reason = _one_line(done.stderr) or f"exit code {done.returncode}"
        raise Misconfigured(f"{git} {arguments[0]} failed ({reason}): {_advice(git)}")
    return _one_line(done.stdout)


def _advice(git: str) -> str:
    """Return what to do about a git that cannot be used."""
    others = [Path(folder) / "git" for folder in child_environment().get("PATH", "").split(os.pathsep) if folder]
    other = next((path for path in others if path != Path(git) and path.is_file() and os.access(path, os.X_OK)), None)
    also = f", or put {other.parent}, where there is another, first on the PATH" if other else ""
    return f"install {_NEWER}{also}"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
