"""Try every address family there is.

Attacks: kernel code that few have read: netlink, packet, vsock, alg, bluetooth, can, tipc, rds, xdp, qipcrtr and the
rest.
How: socket(2) with family 0 to 46 in three types.
Source: CVE-2017-7308 (packet), CVE-2021-26708 (vsock), CVE-2016-8655, CVE-2023-0461; socket(2).
Breach: any socket is made.
"""

import socket

GROUP, CONTROL = "network", True


def attack(outside):
    made = []
    for family in range(47):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            try:
                socket.socket(family, kind).close()
            except OSError:
                continue
            made.append((family, int(kind)))
    return made or None
