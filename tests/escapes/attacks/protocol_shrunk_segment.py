"""Take the memory away under the host's feet.

Attacks: the host, which gets SIGBUS where a mapped file has become shorter.
How: ftruncate, fallocate with holes, unsealing, on the output segment's descriptor.
Source: memfd_create(2) and fcntl(2) on seals: they exist for this attack.
Breach: the segment changes its length, or the host dies.
"""

import fcntl
import os
import socket

from kernel import libc, went_through

GROUP = "protocol"
ENDS = (None, "PluginExecutionError", "ProtocolViolation")
USABLE = True


def attack(outside):
    from schillinger_plugins.protocol import frames

    os.write(3, frames.encode(frames.NeedSegment(1 << 20)))
    os.read(3, 65536)
    with socket.socket(fileno=os.dup(3)) as channel:
        _, (descriptor,), _, _ = socket.recv_fds(channel, 1, 1)
    found = went_through(
        shorter=lambda: os.ftruncate(descriptor, 0),
        longer=lambda: os.ftruncate(descriptor, 1 << 30),
        unsealed=lambda: fcntl.fcntl(descriptor, 1033, 0),
        reopened=lambda: os.ftruncate(os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR), 0),
        emptied=lambda: (
            os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR | os.O_TRUNC)
            if os.fstat(descriptor).st_size == 0
            else [][0]
        ),
    )
    libc.fallocate(descriptor, 3, 0, 1 << 20)  # a hole is no harm: it reads as zeros
    return found or (None if os.fstat(descriptor).st_size >= 1 << 20 else "the segment is shorter")
