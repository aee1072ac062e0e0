"""From inside a command nothing is reached but the loopback of its own task, and no Unix socket outside its home."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fixtures.jailed import Jail

OWN_LOOPBACK = "nothing but its own loopback"


def reaching(told: list[str], own: Iterable[str] = ()) -> str:
    """Return an attack that connects and sends to the places of `listening`, and to other hosts at their ports."""
    return f"""
        import socket
        for family, kind, place in [{", ".join(told)}]:
            others = {[*own, "172.17.0.1", "169.254.169.254", "1.1.1.1"]!r}
            for host in [place[0], *others] if family == socket.AF_INET else [None]:
                to = (host, place[1]) if host else place
                for way in ("connect", "sendto"):
                    try:
                        one = socket.socket(family, kind)
                        one.settimeout(2)
                        one.connect(to) if way == "connect" else one.sendto(b"x", to)
                        print("CONNECTED" if way == "connect" and kind != socket.SOCK_DGRAM else "sent", to)
                    except OSError:
                        pass
        print("tried")
        """


@contextmanager
def listening() -> Iterator[tuple[list[socket.socket], list[str]]]:
    """Servers of this machine in every form, and how an attack names them; none may hear anything."""
    folder = Path(tempfile.mkdtemp(prefix="so-"))  # a socket's path is short
    name = f"\0damascus-{os.getpid()}"
    places: list[tuple[int, int, object]] = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "s")),
        (socket.AF_UNIX, socket.SOCK_SEQPACKET, str(folder / "q")),
        (socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "d")),
        (socket.AF_UNIX, socket.SOCK_STREAM, name),
    ]
    servers, told = [], []
    for family, kind, place in places:
        server = socket.socket(family, kind)
        server.bind(place)
        if kind != socket.SOCK_DGRAM:
            server.listen()
        server.setblocking(False)
        servers.append(server)
        told.append(repr((int(family), int(kind), server.getsockname())))
    try:
        yield servers, told
    finally:
        for server in servers:
            server.close()
        shutil.rmtree(folder)


def heard(server: socket.socket) -> bool:
    try:
        server.recv(9) if server.type == socket.SOCK_DGRAM else server.accept()
    except BlockingIOError:
        return False
    return True


@pytest.mark.attack("servers of the machine", OWN_LOOPBACK)
def test_no_server_outside_hears_anything(jail: Jail) -> None:
    """Class: a command is alone in its network. TCP, UDP, and Unix sockets with and without a path."""
    with listening() as (servers, told):
        own = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
        result = jail.attack(reaching(told, own))

        assert result.output.endswith("tried\n")
        assert "CONNECTED" not in result.output
        assert [heard(server) for server in servers] == [False] * len(servers)


@pytest.mark.attack("the server of another task", OWN_LOOPBACK)
def test_no_command_of_another_task_is_reached(jail: Jail, tmp_path: Path) -> None:
    """Class: a command is alone in its network. Two tasks at the same time, each with its server."""
    if not jail.namespaces:
        pytest.skip("there no command has a server")
    other = Jail(tmp_path / "code/other", jail.temporary, True)
    other.workspace.mkdir()
    (other.workspace / "serve.py").write_text(
        "import socket, time, os\n"
        "tcp = socket.create_server(('127.0.0.1', 7777))\n"
        "unix = socket.socket(socket.AF_UNIX); unix.bind(os.environ['HOME'] + '/s'); unix.listen()\n"
        "open('ready', 'w').write(os.environ['HOME'])\n"
        "tcp.settimeout(8)\n"
        "try:\n    tcp.accept(); print('HEARD')\n"
        "except TimeoutError:\n    print('nobody')\n"
    )
    serving = other.start("python3 serve.py")
    ready = other.workspace / "ready"
    result = jail.attack(
        f"""
        import socket
        while not os.path.exists({str(ready)!r}):
            time.sleep(0.05)
        one = socket.socket()
        print(one.connect_ex(("127.0.0.1", 7777)))
        for n in range(3):  # the name of its home cannot be read; if it could, the socket would be refused
            try:
                socket.socket(socket.AF_UNIX).connect({str(jail.temporary)!r} + "/" + "workshop-x/home/s")
            except OSError as error:
                print(error.errno)
        """
    )
    home = ready.read_text()
    link = jail.workspace / "link"
    link.symlink_to(f"{home}/s")
    by_link = jail.attack('import socket; print(socket.socket(socket.AF_UNIX).connect_ex("link"))')

    assert result.output == "111\n2\n2\n2\n"
    assert by_link.output == "1\n"
    assert serving.communicate()[0].count("nobody") == 1


@pytest.mark.attack("a path that is swapped while a socket is connected", OWN_LOOPBACK)
def test_no_swap_leads_a_unix_socket_outside(jail: Jail) -> None:
    """Class: what was looked at is not what is done. A link and an address are rewritten all the time meanwhile."""
    if not jail.namespaces:
        pytest.skip("there no Unix socket can be made")
    with listening() as (servers, _):
        outside = servers[3].getsockname()
        result = jail.attack(
            f"""
            import socket, struct, threading
            os.chdir(os.environ["HOME"])
            mine = socket.socket(socket.AF_UNIX); mine.bind("mine"); mine.listen(900)
            inner, outer = struct.pack("H110s", 1, b"mine"), struct.pack("H110s", 1, {outside!r}.encode())
            address = ctypes.create_string_buffer(inner, 112)
            os.symlink("mine", "a"); os.symlink({outside!r}, "b")
            def swap():
                n = 0
                while True:
                    n += 1
                    address.raw = (inner, outer)[n % 2]
                    os.rename("a", "link"); os.symlink("mine", "a")
                    os.rename("b", "link"); os.symlink({outside!r}, "b")
            threading.Thread(target=swap, daemon=True).start()
            begun = time.time()
            linked = ctypes.create_string_buffer(struct.pack("H110s", 1, b"link"), 112)
            while time.time() - begun < 5:
                for where in (address, linked):
                    one = socket.socket(socket.AF_UNIX); one.setblocking(False)
                    libc.connect(one.fileno(), where, 112)
                    one.close()
                try:
                    other = socket.socket(socket.AF_UNIX)
                    other.bind({str(Path(outside).parent)!r} + "/made")
                except OSError:
                    pass
            os._exit(0)
            """
        )

        assert result.exit_code == 0, result.output
        assert [heard(server) for server in servers] == [False] * len(servers)
        assert "made" not in os.listdir(Path(outside).parent)


WAYS = """
    import fcntl, socket, struct
    def attempt(what, function):
        try:
            print(what, "refused" if function() == -1 else "WORKED")
        except OSError:
            print(what, "refused")
    def request(code, *arguments):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            return fcntl.ioctl(control.fileno(), code, struct.pack("16sH22x", *arguments))
    x86 = os.uname().machine == "x86_64"
    def by(numbers, *arguments):
        return call(numbers[0] if x86 else numbers[1], *arguments)
"""
TRICKS = {
    "raw socket": 'lambda: socket.socket(2, 3, 1)',
    "packet socket": 'lambda: socket.socket(17, 3, 3)',
    "netlink": 'lambda: socket.socket(16, 3, 0)',
    "netfilter": 'lambda: socket.socket(16, 3, 12)',
    "vsock": 'lambda: socket.socket(40, 1, 0)',
    "key socket": 'lambda: socket.socket(15, 3, 2)',
    "lo down": 'lambda: request(0x8914, b"lo", 0)',
    "lo renamed": 'lambda: request(0x8923, b"lo", 0)',
    "an address": 'lambda: request(0x8916, b"lo", 2)',
    "a route": 'lambda: request(0x890B, b"lo", 2)',
    "a bridge": 'lambda: request(0x89A0, b"br0", 0)',
    "tun": 'lambda: open("/dev/net/tun", "rb")',
    "forwarding": 'lambda: open("/proc/sys/net/ipv4/ip_forward", "w")',
    "setns": 'lambda: by((308, 268), 0, 0)',
    "the machine's network": 'lambda: by((308, 268), os.open("/proc/1/ns/net", os.O_RDONLY), 0x40000000)',
    "a network of its own": 'lambda: by((272, 97), 0x40000000)',
    "users of its own": 'lambda: by((272, 97), 0x10000000)',
    "clone with users": 'lambda: by((56, 220), 0x10000011, 0)',
    "clone3": 'lambda: by((435, 435), 0, 0)',
    "io_uring": 'lambda: by((425, 425), 1, 0)',
    "mount": 'lambda: by((165, 40), b"none", b"/tmp", b"tmpfs", 0, 0)',
    "a mount's tree": 'lambda: by((428, 428), -100, b"/", 1)',
    "chroot": 'lambda: by((161, 51), b".")',
    "sethostname": 'lambda: by((170, 161), b"x", 1)',
    "files of others": 'lambda: by((438, 438), 0, 0, 0)',
    "bpf": 'lambda: by((321, 280), 0, 0, 0)',
    "keys": 'lambda: by((250, 219), 0, 0)',
    "a low mark": 'lambda: socket.socket().setsockopt(1, 36, 1)',
    "transparent": 'lambda: socket.socket().setsockopt(0, 19, 1)',
    "repair": 'lambda: socket.socket().setsockopt(6, 19, 1)',
    "credentials of another": 'lambda: socket.socketpair()[0].sendmsg([b"x"], [(1, 2, struct.pack("3i", 1, 0, 0))])',
}  # fmt: skip


@pytest.mark.attack("more of a network than it was given", OWN_LOOPBACK)
def test_no_trick_gives_it_another_network(jail: Jail) -> None:
    """Class: rights end at the door. Devices, routes, raw packets, namespaces, and what root of a namespace may do."""
    lines = "\n".join(f"    attempt({name!r}, {trick})" for name, trick in TRICKS.items())
    result = jail.attack(f"{WAYS}{lines}\n    print(open('/proc/self/status').read() if 0 else 'all tried')\n")

    assert "WORKED" not in result.output
    assert result.output.count("refused") == len(TRICKS)
    assert result.output.endswith("all tried\n")


@pytest.mark.attack("rights in a namespace of users", OWN_LOOPBACK)
def test_a_command_has_no_right_in_its_namespaces(jail: Jail) -> None:
    """Class: rights end at the door. Who makes a namespace of users has every right in it: its command has none."""
    result = jail.attack(
        """
        class Header(ctypes.Structure): _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
        data = (ctypes.c_uint32 * 6)()
        def rights():
            libc.capget(ctypes.byref(Header(0x20080522, 0)), data)
            return sum(data)
        print(rights(), libc.prctl(39, 0, 0, 0, 0))
        full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
        print(libc.capset(ctypes.byref(Header(0x20080522, 0)), full), rights())
        print(libc.prctl(47, 2, 12, 0, 0), flush=True)
        os.execvp("python3", ["python3", "-c", "import socket; socket.socket(2, 3, 1)"])
        """
    )

    assert result.output.startswith("0 1\n-1 0\n-1\n")
    assert "PermissionError" in result.output


@pytest.mark.attack("a background command's network for another task", OWN_LOOPBACK)
def test_only_commands_of_the_same_folder_share_a_loopback(tmp_path: Path) -> None:
    """Class: a command is alone in its network. A server in the background is reached by its task's commands only."""
    program = """
import asyncio, sys
from pathlib import Path
from damascus.core.clock import SystemClock
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop

async def main():
    workshop, ours, theirs = LocalWorkshop(WorkshopSettings(), SystemClock()), *map(Path, sys.argv[1:])
    serve = "import socket, time; s = socket.create_server(('127.0.0.1', 7777)); open('up', 'w'); time.sleep(60)"
    server = await workshop.start(f'python3 -c "{serve}"', ours)
    wait = "until [ -e up ]; do sleep 0.05; done; "
    ask = "python3 -c 'import socket; print(socket.socket().connect_ex((\\"127.0.0.1\\", 7777)))'"
    print((await workshop.run(wait + ask, ours)).output, end="")
    print((await workshop.run(ask, theirs)).output, end="")
    await server.stop()
    print((await workshop.run(ask, ours)).output, end="")

asyncio.run(main())
"""
    (tmp_path / "ours").mkdir()
    (tmp_path / "theirs").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "ours"), str(tmp_path / "theirs")],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip

    assert done.stdout == "0\n111\n111\n"
