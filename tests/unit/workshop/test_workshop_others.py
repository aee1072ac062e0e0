"""A command reaches no network, no socket and no process but its own.

What these attacks would kill, were the jail broken, is a bystander that the test made: never -1, never the test itself.
"""

import ast
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from damascus.workshop.jail.job import Loopback
from damascus.workshop.local import LocalWorkshop
from damascus.workshop.port import CommandResult

Attack = Callable[..., Awaitable[CommandResult]]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user, with a secret in its environment."""
    process = subprocess.Popen(
        [sys.executable, "-c", "print('ready', flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"API_KEY": "s3cret-key"}, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


async def test_no_server_is_reached_over_tcp_udp_or_a_unix_socket(attack: Attack, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as stream,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagrams,
    ):
        udp.bind(("127.0.0.1", 0))
        stream.bind(str(tmp_path / "s"))
        stream.listen()
        datagrams.bind(str(tmp_path / "d"))
        for server in (tcp, udp, stream, datagrams):
            server.setblocking(False)
        result = await attack(
            """
            import socket, sys
            def attempt(function):
                try:
                    function()
                except OSError as error:
                    print("refused", error.errno)
                else:
                    print("WORKED")
            tcp, udp, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
            attempt(lambda: socket.create_connection(("127.0.0.1", tcp)))
            try:
                socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", udp))  # into its own loopback
            except OSError:
                pass
            attempt(lambda: socket.socket(socket.AF_UNIX).connect(folder + "/s"))
            attempt(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", folder + "/d"))
            attempt(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", folder + "/d"))
            attempt(lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)[0].sendto(b"x", folder + "/d"))
            attempt(lambda: socket.socketpair()[0].connect(folder + "/s"))
            one, two = socket.socketpair()
            one.sendall(b"inside is fine")
            print(two.recv(100).decode())
            """,
            tcp.getsockname()[1], udp.getsockname()[1], tmp_path,
        )  # fmt: skip

        assert "WORKED" not in result.output
        assert result.output.endswith("inside is fine\n")
        for server in (udp, datagrams):
            with pytest.raises(BlockingIOError):
                server.recv(10)
        for server in (tcp, stream):
            with pytest.raises(BlockingIOError):
                server.accept()


async def test_only_sockets_for_its_loopback_can_be_made(attack: Attack, workshop: LocalWorkshop) -> None:
    result = await attack(
        """
        import socket
        made = []
        for family in range(46):
            for kind in (1, 2, 3, 4, 5, 6, 10):
                for protocol in (0, 1, 2, 6, 17, 58, 132, 136, 255, 262):
                    try:
                        socket.socket(family, kind, protocol).close()
                    except OSError:
                        continue
                    made.append((family, kind, protocol))
        print(made)
        """
    )

    unix = [(1, kind, protocol) for kind in (1, 5) for protocol in (0, 1)]
    internet = [(f, kind, p) for f in (2, 10) for kind, own in ((1, 6), (2, 17)) for p in (0, own)]
    allowed = {Loopback.OWN: unix + internet, Loopback.SHARED: internet, Loopback.NONE: []}
    assert ast.literal_eval(result.output) == allowed[(await workshop.facts()).loopback]


async def test_no_secret_of_another_process_can_be_read(
    workshop: LocalWorkshop, workspace: Path, bystander: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_API_KEY", "s3cret-own-key")
    result = await workshop.run(
        f"for p in 1 $PPID {os.getpid()} {bystander.pid}; do"
        " for f in environ cmdline maps mem fd/0 cwd/x root/etc/shadow; do"
        " head -c 4000 /proc/$p/$f | tr '\\0' '\\n'; done; done; env",
        workspace,
    )

    assert "s3cret" not in result.output
    assert "PATH" in result.output, "its own environment is there"


async def test_no_other_process_can_be_signalled_traced_or_slowed(
    attack: Attack, bystander: subprocess.Popen[bytes]
) -> None:
    nice = os.getpriority(os.PRIO_PROCESS, bystander.pid)
    result = await attack(
        """
        import ctypes, fcntl, os, resource, signal, sys, socket
        libc = ctypes.CDLL(None, use_errno=True)
        def attempt(what, function):
            try:
                failed = function() == -1
            except OSError:
                failed = True
            print(what, "refused" if failed else "WORKED")
        def by_descriptor(pid):
            one, two = socket.socketpair()
            fcntl.fcntl(one, fcntl.F_SETOWN, pid)
        for pid in (int(sys.argv[1]), os.getppid(), 1):
            attempt("ask", lambda: os.kill(pid, 0))
        pid = int(sys.argv[2])
        attempt("kill", lambda: os.kill(pid, signal.SIGKILL))
        attempt("group", lambda: os.killpg(pid, signal.SIGKILL))
        attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL))
        attempt("tkill", lambda: libc.syscall(200 if os.uname().machine == "x86_64" else 130, pid, 9))
        attempt("owner", lambda: by_descriptor(pid))
        attempt("attach", lambda: libc.ptrace(16, pid, 0, 0))
        attempt("seize", lambda: libc.ptrace(0x4206, pid, 0, 0))
        attempt("slow", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
        attempt("limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))
        attempt("pin", lambda: os.sched_setaffinity(pid, {0}))
        attempt("read", lambda: libc.process_vm_readv(pid, None, 0, None, 0, 0))
        """,
        os.getpid(), bystander.pid,
    )  # fmt: skip

    assert "WORKED" not in result.output
    assert result.output.count("refused") == 14
    assert bystander.poll() is None
    assert os.getpriority(os.PRIO_PROCESS, bystander.pid) == nice


async def test_the_kernels_wider_doors_are_shut(attack: Attack) -> None:
    result = await attack(
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        x86 = os.uname().machine == "x86_64"
        calls = {
            "unshare": ((272, 97), 0x10000000), "clone": ((56, 220), 0x10000011), "clone3": ((435, 435), 0, 0),
            "mount": ((165, 40), 0, 0, 0, 0, 0), "bpf": ((321, 280), 0, 0, 0), "io_uring": ((425, 425), 1, 0),
            "perf": ((298, 241), 0, 0, -1, -1, 0), "keyctl": ((250, 219), 0, -3, 1),
            "shmget": ((29, 194), 0, 4096, 0o1600),
            "userfaultfd": ((323, 282), 1), "open_by_handle": ((304, 265), 0, 0, 0), "memfd": ((319, 279), b"x", 0),
            "kexec": ((246, 104), 0, 0, 0, 0), "setns": ((308, 268), 0, 0), "chroot": ((161, 51), b"."),
            "a call of tomorrow": ((471, 471),), "x32": ((0x40000000 + 39, 471),),
            "inotify": ((254, 27), libc.inotify_init1(0), b"/etc", 0x100),
        }
        for name, (numbers, *arguments) in calls.items():
            answer = libc.syscall(numbers[0 if x86 else 1], *arguments)
            if answer == 0 and name == "clone":
                os._exit(0)
            print(name, "refused" if answer == -1 and ctypes.get_errno() in (1, 38) else f"WORKED {answer}")
        """
    )

    assert "WORKED" not in result.output
    assert result.output.count("refused") == 18


async def test_root_in_the_jail_has_no_capability(attack: Attack) -> None:
    result = await attack(
        """
        import ctypes
        found = (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capget((ctypes.c_uint32 * 2)(0x20080522, 0), found) == 0
        print(list(found))
        """
    )

    assert result.output == "[0, 0, 0, 0, 0, 0]\n"


async def test_the_environment_is_built_from_nothing(
    workshop: LocalWorkshop, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LLM_API_KEY", "OFFICE_TOKEN", "REDIS_PASSWORD", "LD_PRELOAD_X", "BASH_ENV"):
        monkeypatch.setenv(name, "s3cret")

    result = await workshop.run("env", workspace)

    assert "s3cret" not in result.output
    assert {line.partition("=")[0] for line in result.output.splitlines()} <= {
        "PATH", "HOME", "TMPDIR", "LANG", "TERM", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "GIT_CONFIG_NOSYSTEM",
        "GIT_TERMINAL_PROMPT", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_INDEX", "NODE_PATH", "npm_config_offline",
        "npm_config_update_notifier", "CI", "PWD", "OLDPWD", "SHLVL", "_",
    }  # fmt: skip
