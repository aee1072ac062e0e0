"""The child's way into the jail: from a fork of the launcher to the shell, losing every right on the way."""

import _socket
import array
import os
import resource
import signal
from typing import NoReturn

from damascus.workshop.jail import kernel, landlock, leftovers, seccomp_filter
from damascus.workshop.jail.job import PIPE, Job, Loopback
from damascus.workshop.jail.seccomp_filter import Network

_MAX_OPEN_FILES = 1024
SHARES_FILES = b"f"
_TELL = f"""trap 'echo "${{PIPESTATUS[@]}}" >"$HOME/{PIPE}"' EXIT; """
SHELLS = ("/bin/bash", "/usr/bin/bash", "/bin/sh")


def enter(job: Job, column: int, loopback: Loopback, channel: _socket.socket) -> NoReturn:
    """Become the job's shell, jailed. Never returns; an error is reported on `channel` and ends the process."""
    try:
        os.setsid()
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        _set_streams()
        _set_limits(job)
        leftovers.bear_mark(job.folder)
        os.chdir(job.workspace)
        network = Network(loopback, channel.recv(1) == SHARES_FILES)
        listener = _restrict(job, column, network)
        shell = next(path for path in SHELLS if os.path.exists(path))
        if network.shares_files:
            channel.send(b"+%b %d" % (loopback.encode(), listener))
        else:
            rights = array.array("i", [listener]).tobytes()
            channel.sendmsg([b"+%b" % loopback.encode()], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)])
            seccomp_filter.install_seal(column)
        if not channel.recv(1):
            os._exit(127)  # the launcher died, or will not have it run
        os.closerange(3, _MAX_OPEN_FILES)
        os.execve(shell, [shell, *_arguments(shell, job.command)], job.environment)  # noqa: S606 - it is the shell
    except BaseException as error:  # whatever it is, this process must not continue as a second launcher
        _report(channel, error)
    finally:
        os._exit(127)


def _arguments(shell: str, command: str) -> list[str]:
    """Have a pipe fail with any of its commands, and bash tell which."""
    if not shell.endswith("bash"):
        return ["-c", command]
    noted = f"{_TELL}{command}" if "|" in command else command
    return ["-o", "pipefail", "-c", noted]


def _report(channel: _socket.socket, error: BaseException) -> None:
    try:
        channel.send(f"{type(error).__name__}: {error}".encode())
    except OSError:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())  # the channel is closed: only the shell was missing


def _set_streams() -> None:
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(1, 2)


def _set_limits(job: Job) -> None:
    limits = (
        (resource.RLIMIT_CPU, job.cpu_seconds, job.cpu_seconds + 2),
        (resource.RLIMIT_DATA, job.memory_bytes, job.memory_bytes),
        (resource.RLIMIT_FSIZE, job.file_bytes, job.file_bytes),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for what, soft, hard in limits:
        ceiling = resource.getrlimit(what)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(what, (soft, hard))
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")  # if the machine runs out of memory, this goes first, not the company


def _restrict(job: Job, column: int, network: Network) -> int:
    rules = landlock.Ruleset(has_network=network.loopback != Loopback.NONE)
    rules.allow([*job.readable, job.environment_folder], landlock.READ)
    rules.allow(job.devices, landlock.USE)
    rules.allow([job.workspace], landlock.WORK)
    rules.allow([job.home], landlock.OWN)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    program = seccomp_filter.program(column, network, scoped=rules.scoped, truncation_known=rules.sees_truncation)
    rules.restrict()
    kernel.drop_capabilities()
    return seccomp_filter.install(column, program)
