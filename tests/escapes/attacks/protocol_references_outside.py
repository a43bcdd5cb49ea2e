"""Refer to bytes outside the segment.

Attacks: the host's memory.
How: arrays at negative offsets, past the end, of negative and overflowing shapes, of object type, overlapping a
thousand times.
Source: CWE-125; CVE-2019-6446 (object arrays are pickle).
Breach: the host returns any of them, or raises anything but a protocol violation.
"""

import os
import time

GROUP, ENDS, LIMITS = "protocol", ("ProtocolViolation",), {"wall_s": 5}


def attack(outside):
    import msgspec
    from schillinger_plugins.protocol import frames

    ext = msgspec.msgpack.Ext(1, msgspec.msgpack.encode(["<f8", [2**40, 2**40], 0, 0, b""]))
    bad = [
        msgspec.msgpack.Ext(1, msgspec.msgpack.encode(["<f8", [100], offset, 0, b""]))
        for offset in (-64, 2**40, 2**62, -(2**62), 64)
    ]
    structure = msgspec.msgpack.encode(
        {"y": [ext, *bad, msgspec.msgpack.Ext(1, msgspec.msgpack.encode(["|O", [1], 0, 0, b""]))]}
    )
    os.write(3, frames.encode(frames.NeedSegment(70_000)))
    os.read(3, 65536)
    os.write(3, frames.encode(frames.Returned(frames.Body(structure), 0.0, 0)))
    time.sleep(10)
