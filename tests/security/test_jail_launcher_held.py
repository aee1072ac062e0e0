"""What makes calls for a command is itself beyond its reach: it is not used up, not held up, and gives nothing away."""

import resource
import time
from textwrap import dedent

import pytest

from tests.fixtures.jailed import Jail, launcher_of, outcome

HELD = "who watches is not held up"
MEMORY = "MiB of memory in all"

# three processes that exist before the trick, each of which then takes what one may have
EATERS = """
    import array, fcntl, socket, struct, threading
    threading.stack_size(1 << 16)
    tell = []
    for _ in range(3):
        hear, say = os.pipe()
        if os.fork() == 0:
            os.read(hear, 1)
            kept = b"x" * 150_000_000
            time.sleep(8)
            os._exit(0)
        tell.append(say)
    def eat():
        for say in tell:
            os.write(say, b"x")
    def rights(*files):
        return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
"""

TRICKS = {
    "files that are not there": """
        one, other = socket.socketpair()
        for _ in range(40):
            try:
                one.sendmsg([b"x"], rights(*[0] * 200, 999))
            except OSError:
                pass
        eat()
        time.sleep(5)
    """,
    "files that wait to be sent": """
        def wait(by):
            try:
                while True:
                    by.sendmsg([b"x" * 90_000], rights(*[0] * 200))
            except OSError:
                pass
        pairs = [socket.socketpair() for _ in range(12)]
        for one, _ in pairs:
            threading.Thread(target=wait, args=(one,), daemon=True).start()
        time.sleep(2)
        eat()
        time.sleep(5)
        os._exit(0)
    """,
    "a message that waits after all": """
        one, other = socket.socketpair()
        one.setblocking(False)
        threading.Thread(target=lambda: (time.sleep(3), eat()), daemon=True).start()
        def swap():
            while True:
                fcntl.fcntl(one, fcntl.F_SETFL, os.O_NONBLOCK)
                fcntl.fcntl(one, fcntl.F_SETFL, 0)
        if os.fork() == 0:
            swap()
        def send():
            while True:
                try:
                    one.sendmsg([b"x" * 9_000], (), socket.MSG_EOR)
                except OSError:
                    pass
        for _ in range(60):
            threading.Thread(target=send, daemon=True).start()
        time.sleep(8)
        os._exit(0)
    """,
    "a connection that waits after all": """
        os.chdir(os.environ["HOME"])
        server = socket.socket(socket.AF_UNIX); server.bind("s"); server.listen(0)
        filling = []
        for _ in range(3):
            filling.append(socket.socket(socket.AF_UNIX)); filling[-1].setblocking(False)
            filling[-1].connect_ex("s")
        one = socket.socket(socket.AF_UNIX)
        threading.Thread(target=lambda: (time.sleep(3), eat()), daemon=True).start()
        def swap():
            while True:
                fcntl.fcntl(one, fcntl.F_SETFL, os.O_NONBLOCK)
                fcntl.fcntl(one, fcntl.F_SETFL, 0)
        if os.fork() == 0:
            swap()
        address = ctypes.create_string_buffer(struct.pack("H110s", 1, b"s"), 112)
        def connect():
            while True:
                libc.connect(one.fileno(), address, 4)
        for _ in range(60):
            threading.Thread(target=connect, daemon=True).start()
        time.sleep(8)
        os._exit(0)
    """,
}


@pytest.mark.attack("a launcher that is used up, or made to wait", HELD)
@pytest.mark.parametrize("trick", TRICKS)
def test_memory_is_counted_whatever_is_sent(jail: Jail, trick: str) -> None:
    """Class: who watches is not held up. Its descriptors, and its one thread that counts, by what it does for us."""
    if not jail.namespaces:
        pytest.skip("there nothing is sent, and no Unix socket connected, for a command")
    ceiling = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, ceiling[1]))  # what most machines give
    try:
        result = jail.attack(dedent(EATERS) + dedent(TRICKS[trick]), memory_mb=200, seconds=25)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, ceiling)

    assert MEMORY in result.output, result.output


@pytest.mark.attack("memory of the launcher's", HELD)
def test_what_killed_senders_left_waiting_is_little(jail: Jail) -> None:
    """Class: who watches is not held up. A message goes on waiting when its sender is killed, and holds its data."""
    if not jail.namespaces:
        pytest.skip("there nothing is sent for a command")
    (jail.workspace / "attack.py").write_text(KILLED)
    running = jail.start("exec python3 attack.py", seconds=60)
    most, ready = 0, jail.workspace / "ready"
    while running.poll() is None and not ready.exists():
        time.sleep(0.1)
    if running.poll() is None:
        most = launcher_of(running).memory_info().rss
    result = outcome(running)

    assert result.output == "600\n", result.output
    assert 0 < most < 150_000_000


KILLED = """
import os, signal, socket, time
pairs = []
for n in range(600):
    one, other = socket.socketpair()
    hear, say = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(say, b"x")
        try:
            while True:
                one.sendmsg([b"x" * 1_000_000])
        except OSError:
            pass
        os._exit(0)
    os.read(hear, 1)
    time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    one.close(); os.close(hear); os.close(say)
    pairs.append(other)
open("ready", "w")
time.sleep(2)
print(len(pairs))
"""


@pytest.mark.attack("the launcher's own descriptor, which its messages bear", HELD)
def test_no_message_gives_the_launcher_away(jail: Jail) -> None:
    """Class: rights end at the door. SO_PEERPIDFD and SO_PASSPIDFD name who connected or sent: that is the launcher."""
    if not jail.namespaces:
        pytest.skip("there nothing is sent for a command")
    result = jail.attack(
        """
        import array, socket
        x86 = os.uname().machine == "x86_64"
        os.chdir(os.environ["HOME"])
        server = socket.socket(socket.AF_UNIX); server.bind("s"); server.listen()
        client = socket.socket(socket.AF_UNIX); client.connect("s")
        taken, _ = server.accept()
        found = []
        try:
            found.append(int.from_bytes(taken.getsockopt(1, 77, 4), "little"))  # SO_PEERPIDFD
            taken.setsockopt(1, 76, 1)  # SO_PASSPIDFD
            client.sendmsg([b"x"], [(1, 1, array.array("i", [0]))])
            for _, kind, data in taken.recvmsg(9, 256)[1]:
                if kind == 4:
                    found.append(int.from_bytes(data[:4], "little"))
        except OSError:
            pass  # this kernel, or this family of it, knows neither
        for pidfd in found:
            for how in (0, 9, 19):
                print("refused" if call(424, pidfd, how, None, 0) == -1 else f"SENT {how}")
            print("refused" if call(438, pidfd, 0, 0) == -1 else "TAKEN")
            print("refused" if call(308 if x86 else 268, pidfd, 0x60000000) == -1 else "JOINED")
        print(socket.SO_PEERCRED and taken.getsockopt(1, 17, 12)[:4])
        print("lives")
        """
    )

    assert result.output.endswith("lives\n"), result.output
    assert not {"SENT", "TAKEN", "JOINED"} & set(result.output.split())


@pytest.mark.attack("memory of the launcher's, sent later", HELD)
def test_no_message_is_sent_from_memory_that_is_used_anew(jail: Jail) -> None:
    """Class: who watches is not held up. With MSG_ZEROCOPY the kernel would read the sender's memory after the call."""
    if not jail.namespaces:
        pytest.skip("there nothing is sent for a command")
    result = jail.attack(
        """
        import socket
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.socket(); client.setsockopt(1, 60, 1); client.connect(server.getsockname())
        taken, _ = server.accept()
        client.setblocking(False)
        sent = 0
        for letter in b"abcdefgh" * 20:
            try:
                sent += client.sendmsg([bytes([letter]) * 100_000], (), 0x4000000)
            except BlockingIOError:
                break
        got = b""
        while len(got) < sent:
            got += taken.recv(1 << 20)
        print(sorted(set(got) - set(b"abcdefgh")), len(got) == sent)
        taken.setblocking(False)
        try:
            client.recvmsg(1, 100, socket.MSG_ERRQUEUE)
            print("a completion: it was not copied")
        except OSError:
            print("copied")
        """
    )

    assert result.output == "[] True\ncopied\n", result.output
