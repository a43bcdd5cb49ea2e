"""Collide with numbers, in what is short enough to be read as it comes.

Attacks: the host's time.
How: a map in one inline frame whose keys are floats and integers of equal hash.
Source: CPython's numeric hash is modulo 2^61-1; hash flooding as above.
Breach: the host is busy for more than 2 s, or raises anything but a protocol violation.
"""

import os
import time

GROUP, ENDS, LIMITS, HOST_CPU_S = "protocol", ("ProtocolViolation",), {"wall_s": 10}, 2.0


def attack(outside):
    import msgspec
    from schillinger_plugins.protocol import frames

    keys = [float(base * 2.0 ** (61 * power)) for power in range(16) for base in range(1, 200)]
    structure = (
        b"\x81\xa1y\xde"
        + len(keys).to_bytes(2, "big")
        + b"".join(msgspec.msgpack.encode(key) + b"\x01" for key in keys)
    )
    os.write(3, frames.encode(frames.Returned(frames.Body(structure), 0.0, 0)))
    time.sleep(10)
