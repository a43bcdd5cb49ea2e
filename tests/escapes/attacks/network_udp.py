"""Send a datagram, or ask the name servers.

Attacks: the network; DNS as a way out for stolen data.
How: AF_INET datagrams, getaddrinfo, UDP-Lite.
Source: MITRE ATT&CK T1048.003; landlock(7) mediates TCP only before ABI 8.
Breach: the listener receives anything, or a name is resolved.
"""

import socket

from kernel import went_through

GROUP, CONTROL = "network", True


def attack(outside):
    return went_through(
        udp=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", outside.udp_port)),
        lite=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136).sendto(
            b"x", ("127.0.0.1", outside.udp_port)
        ),
        name=lambda: socket.getaddrinfo("leak.example.invalid", 80) and "resolved",
        localhost=lambda: socket.gethostbyname("localhost.localdomain.invalid"),
    )
