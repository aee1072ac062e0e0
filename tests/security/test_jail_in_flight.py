"""Files that are sent from process to process are counted on their way, where nobody has them open."""

from textwrap import indent

import pytest

from tests.fixtures.jailed import Jail

OVERRUN = "no limit is overrun"
MIB = "MiB in the workspace"


@pytest.mark.attack("files in flight between two sockets", OVERRUN)
def test_no_file_is_in_flight_where_nobody_looks(jail: Jail) -> None:
    """Class: what has no name is no less. A descriptor in a socket's queue is open in no process."""
    result = jail.attack(
        """
        import socket, subprocess
        one, other = socket.socketpair()
        for send in (lambda: socket.send_fds(one, [b"x"], [0]), lambda: one.sendmsg([b"x"]),
                     lambda: libc.sendmmsg(one.fileno(), ctypes.create_string_buffer(64), 1, 0)):
            try:
                print(send())
            except PermissionError:
                print("refused")
        one.send(b"hello")
        print(other.recv(9)[-5:], subprocess.run(["echo", "programs start"], capture_output=True, text=True).stdout)
        """
    )

    sent = "1\n1" if jail.namespaces else "refused\nrefused"
    received = "b'x'" if jail.namespaces else "b'hello'"
    assert result.output == f"{sent}\n-1\n{received} programs start\n\n"


IN_FLIGHT = {
    "between two sockets": "pairs.append(socket.socketpair()); send(pairs[-1][0], file.fileno())",
    "in a socket in flight": """
pair, inner = socket.socketpair(), socket.socketpair()
send(inner[0], file.fileno())
send(pair[0], inner[1].fileno())
pairs.append(pair)
inner[0].close(); inner[1].close()""",
    "to a socket that nobody accepts": """
server = socket.socket(socket.AF_UNIX)
server.bind(f"{os.environ['HOME']}/{n}")
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect(f"{os.environ['HOME']}/{n}")
send(client, file.fileno())
pairs.append((server, client))""",
    "in the queue of a socket whose other end is closed": """
one, other = socket.socketpair()
send(one, file.fileno())
one.close()
pairs.append(other)""",
    "by a sender that waits": """
one, other = socket.socketpair()
threading.Thread(target=lambda: [send(one, file.fileno(), b"x" * 100_000) for _ in range(9)], daemon=True).start()
time.sleep(0.3)
pairs.append((one, other))""",
}


@pytest.mark.attack("files in flight that are larger than the limit", OVERRUN)
@pytest.mark.parametrize("way", IN_FLIGHT)
def test_files_in_flight_count(jail: Jail, way: str) -> None:
    """Class: what has no name is no less. Ten deleted files of 3 MB each that no process has open."""
    if not jail.namespaces:
        pytest.skip("there no file can be sent at all: test_no_file_is_in_flight_where_nobody_looks")
    result = jail.attack(
        "import array, socket, threading\npairs = []\n"
        "def send(by, file, data=b'x'):\n"
        "    by.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [file]))])\n"
        "for n in range(10):\n"
        "    file = open('big', 'wb+'); os.unlink('big'); file.write(b'x' * 3_000_000); file.flush()\n"
        f"{indent(IN_FLIGHT[way], '    ')}\n"
        "    file.close()\n"
        "time.sleep(6)\nprint('held', flush=True)\n",
        workspace_mb=15, file_mb=6,
    )  # fmt: skip

    assert MIB in result.output


@pytest.mark.attack("honest messages with files", OVERRUN)
def test_files_that_were_received_and_closed_count_no_more(jail: Jail) -> None:
    """Class: a limit that honest work runs into is no limit. Browsers send files to and fro all the time."""
    if not jail.namespaces:
        pytest.skip("there no file can be sent at all")
    result = jail.attack(
        """
        import socket
        one, other = socket.socketpair()
        for n in range(60):
            file = open("big", "wb+")
            os.unlink("big")
            file.write(b"x" * 1_000_000)
            file.flush()
            socket.send_fds(one, [b"x"], [file.fileno()])
            for got in socket.recv_fds(other, 9, 9)[1]:
                os.close(got)
            file.close()
            time.sleep(0.02)
        print("done")
        """,
        workspace_mb=40, file_mb=6,
    )  # fmt: skip

    assert result.output == "done\n"
