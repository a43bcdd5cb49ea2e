"""Break every row of numbers after the first.

Attacks: the host's time, where it hopes to pass over rows of equal things in one step.
How: numbers of nine bytes, of one byte and short strings by turns, a megabyte of them.
Source: CWE-407 (algorithmic complexity); found by reading the survey of packed values, which copied the rest at each
row.
Breach: the host is busy for more than 2 s.
"""

import mmap
import os
import socket
import time

GROUP, LIMITS, HOST_CPU_S, USABLE = "protocol", {"wall_s": 8}, 2.0, False


def attack(outside):
    from schillinger_plugins.protocol import frames

    unit = b"\xcb" + bytes(8) + b"\x01" + b"\xcb" + bytes(8) + b"\xa1x"
    count = (1 << 20) // len(unit)
    structure = b"\x82\xa1y\xc0\xa1z\xdd" + (4 * count).to_bytes(4, "big") + unit * count
    os.write(3, frames.encode(frames.NeedSegment(len(structure) + 64)))
    frame = frames.decode_to_worker(os.read(3, 65536))
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    segment = mmap.mmap(descriptor, frame.size)
    segment[: len(structure)] = structure
    os.write(3, frames.encode(frames.Returned(frames.Body(b"", 0, len(structure)), 0.0, 0)))
    time.sleep(0.2)
