"""Send millions of values of a byte each.

Attacks: the host's event loop, by the time it takes to look through an answer.
How: as many small numbers and empty strings in one list as the limit on structures allows.
Source: CWE-407; reading the survey of packed values.
Breach: the event loop stands still for more than half a second.
"""

import mmap
import os
import socket
import time

GROUP, LIMITS, DOOR = "protocol", {"wall_s": 8}, "asyncio"
USABLE = False


def attack(outside):
    from schillinger_plugins.protocol import frames, values

    count = (values.MAX_STRUCTURE_BYTES - 100) // 2
    structure = b"\x82\xa1y\xc0\xa1z\xdd" + (2 * count).to_bytes(4, "big") + b"\x01\xa0" * count
    os.write(3, frames.encode(frames.NeedSegment(len(structure) + 64)))
    frame = frames.decode_to_worker(os.read(3, 65536))
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    segment = mmap.mmap(descriptor, frame.size)
    segment[: len(structure)] = structure
    os.write(3, frames.encode(frames.Returned(frames.Body(b"", 0, len(structure)), 0.0, 0)))
    time.sleep(0.2)
