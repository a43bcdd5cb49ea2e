"""Send an empty message, which looks like the end.

Attacks: the host's reading of the channel.
How: a SEQPACKET message of no bytes.
Source: recv(2): "a zero-length datagram" can't be told from end of file.
Breach: the host raises anything but a protocol violation or takes it for a crash, and the process goes on.
"""

import os
import socket
import time

GROUP, ENDS, LIMITS = "protocol", ("ProtocolViolation",), {"wall_s": 5}


def attack(outside):
    with socket.socket(fileno=os.dup(3)) as channel:
        channel.send(b"")
    time.sleep(10)
