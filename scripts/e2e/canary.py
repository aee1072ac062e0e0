"""A server on this machine that containers must not reach: a line with its port, then one for all that reaches it."""

import socket
import threading

tcp = socket.create_server(("0.0.0.0", 0))
port = tcp.getsockname()[1]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("0.0.0.0", port))


def datagrams() -> None:
    while True:
        data, sender = udp.recvfrom(2_000)
        print(f"UDP from {sender[0]}", flush=True)
        udp.sendto(data, sender)


print(port, flush=True)
threading.Thread(target=datagrams, daemon=True).start()
while True:
    caller, sender = tcp.accept()
    print(f"TCP from {sender[0]}", flush=True)
    caller.close()
