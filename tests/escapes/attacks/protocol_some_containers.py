"""The same, just small enough for the limit on bytes.

Attacks: the host's memory and time.
How: as much of it as the limit on structures allows, in nested lists and maps.
Source: CWE-409.
Breach: the host's memory grows by more than 300 MB, or it is busy for more than 3 s.
"""

import mmap
import os
import socket
import time

GROUP, LIMITS, HOST_S, HOST_CPU_S = "protocol", {"wall_s": 6}, 10.0, 3.0


def attack(outside):
    from schillinger_plugins.protocol import frames, values

    count = min(values.MAX_STRUCTURE_BYTES, 32 << 20) - 100
    structure = b"\x81\xa1y\xdd" + count.to_bytes(4, "big") + b"\x90" * count
    os.write(3, frames.encode(frames.NeedSegment(len(structure) + 64)))
    frame = frames.decode_to_worker(os.read(3, 65536))
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    segment = mmap.mmap(descriptor, frame.size)
    segment[: len(structure)] = structure
    os.write(3, frames.encode(frames.Returned(frames.Body(b"", 0, len(structure)), 0.0, 0)))
    time.sleep(10)
