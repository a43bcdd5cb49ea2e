"""Talk to a service through its socket file.

Attacks: docker.sock, the session bus, an ssh agent.
How: connect() by path, by a link in scratch, by /proc/self/root; a datagram by path.
Source: landlock(7): path-based Unix sockets aren't mediated; the docker.sock escapes.
Breach: the listener is called.
"""

import os
import socket

from kernel import went_through

GROUP, CONTROL = "network", True


def _connect(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(path)


def attack(outside):
    os.symlink(outside.unix_path, "link")
    return went_through(
        path=lambda: _connect(outside.unix_path),
        link=lambda: _connect("link"),
        proc=lambda: _connect("/proc/self/root" + outside.unix_path),
        datagram=lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", outside.unix_datagram_path),
        docker=lambda: _connect("/var/run/docker.sock"),
    )
