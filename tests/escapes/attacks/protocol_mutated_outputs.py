"""Change the outputs after they were given.

Attacks: a host that checks first and copies later.
How: a thread rewrites the shared segment, structure and arrays, without pause while the host reads it.
Source: CWE-367; "double fetch" bugs in kernels (Bochspwn, 2013).
Breach: the host raises anything but a typed error, or crashes.
"""

import mmap
import os
import socket
import threading
import time

GROUP, LIMITS, CALLS = "protocol", {"wall_s": 5}, 1
USABLE = False  # it may lie about its own next call
ENDS = (None, "ProtocolViolation", "DefinitionError", "output")


def attack(outside):
    from schillinger_plugins.protocol import frames

    good = b"\x82\xa1y\xc0\xa1z" + b"\xdc\x40\x00" + b"\xa1x" * 0x4000
    os.write(3, frames.encode(frames.NeedSegment(1 << 20)))
    frame = frames.decode_to_worker(os.read(3, 65536))
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    segment = mmap.mmap(descriptor, frame.size)
    segment[: len(good)] = good

    def rewrite():
        while True:
            segment[6:8] = b"\xdd\xff"
            segment[6 : len(good)] = b"\x91" * (len(good) - 6)
            segment[: len(good)] = good

    threading.Thread(target=rewrite, daemon=True).start()
    os.write(3, frames.encode(frames.Returned(frames.Body(b"", 0, len(good)), 0.0, 0)))
    time.sleep(0.5)
