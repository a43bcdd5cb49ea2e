"""Connect out over TCP.

Attacks: the network, and services on the user's own machine.
How: AF_INET and AF_INET6 streams, MPTCP (which Landlock doesn't cover), and a server of one's own.
Source: landlock issue 54 (MPTCP passes LANDLOCK_ACCESS_NET_CONNECT_TCP); socket(2).
Breach: the listener is called, or a socket can be made.
"""

import socket

from kernel import went_through

GROUP, CONTROL = "network", True


def _serve():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
    return "served"


def attack(outside):
    return went_through(
        tcp=lambda: socket.create_connection(("127.0.0.1", outside.tcp_port), 2).sendall(b"x"),
        six=lambda: socket.socket(socket.AF_INET6).fileno(),
        mptcp=lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).connect(("127.0.0.1", outside.tcp_port)),
        sctp=lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132).fileno(),
        server=_serve,
    )
