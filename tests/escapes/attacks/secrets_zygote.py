"""Ask the parent.

Attacks: the zygote, which could be made to fork something unconfined.
How: look for its control socket among descriptors and objects, and write frames to whatever is found.
Source: reading the worker's code: the control socket is open in the child until closerange().
Breach: a socket other than the channel can be written to, or a process appears.
"""

import gc
import os
import socket

from kernel import went_through

GROUP = "secrets"


def attack(outside):
    from schillinger_plugins.protocol import frames

    found = {}
    for one in gc.get_objects():
        if isinstance(one, socket.socket) and one.fileno() > 3 and one.type == socket.SOCK_SEQPACKET:
            found[f"object_{one.fileno()}"] = lambda one=one: one.send(frames.encode(frames.Leave()))
    for number in range(4, 300):
        found[f"number_{number}"] = lambda number=number: _send(number, frames.encode(frames.Leave()))
    return went_through(**found)


def _send(number, data):
    with socket.socket(fileno=os.dup(number)) as one:
        if one.type != socket.SOCK_SEQPACKET:
            raise OSError("not a control socket")
        return one.send(data)
