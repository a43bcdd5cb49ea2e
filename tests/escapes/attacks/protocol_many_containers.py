"""Send a bomb of empty containers.

Attacks: the host's memory and time.
How: 4 MB (and 30 MB) of MessagePack that is one list of empty maps: a byte becomes 72.
Source: "billion laughs" for MessagePack; CWE-409.
Breach: the host's memory grows by more than 300 MB, or it is busy for more than 8 s.
"""

import mmap
import os
import socket
import time

GROUP, ENDS, LIMITS, HOST_S = "protocol", ("ProtocolViolation", "output", "DefinitionError"), {"wall_s": 5}, 8.0
_COUNT = 30_000_000


def attack(outside):
    from schillinger_plugins.protocol import frames

    structure = b"\x81\xa1y\xdd" + _COUNT.to_bytes(4, "big") + b"\x80" * _COUNT
    os.write(3, frames.encode(frames.NeedSegment(len(structure) + 64)))
    frame = frames.decode_to_worker(os.read(3, 65536))
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    segment = mmap.mmap(descriptor, frame.size)
    segment[: len(structure)] = structure
    os.write(3, frames.encode(frames.Returned(frames.Body(b"", 0, len(structure)), 0.0, 0)))
    time.sleep(10)
