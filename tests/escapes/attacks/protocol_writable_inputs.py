"""Write to the inputs.

Attacks: the caller's arrays.
How: mprotect of the mapping, a second writable mapping, write(2), a hole by fallocate, madvise(MADV_REMOVE), all on
the input segment.
Source: fcntl(2) on F_SEAL_FUTURE_WRITE; CVE-2016-5195 (Dirty COW) as the classic.
Breach: any of them is let through.
"""

import ctypes
import mmap
import os

from kernel import libc, went_through

GROUP = "protocol"


def _protect(address, length):
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(length), 3):
        raise OSError(ctypes.get_errno(), "mprotect")
    return "writable"


def attack(outside):
    segments = []
    try:
        import gc

        from schillinger_plugins.worker.channel import Channel

        segments = [one.input for one in gc.get_objects() if isinstance(one, Channel) and one.input is not None]
    except ImportError:
        pass
    attempts = {}
    for segment in segments:
        address = ctypes.addressof(ctypes.c_char.from_buffer_copy(segment[:1])) if segment.readonly is None else None
        import numpy as np

        view = np.frombuffer(segment, np.uint8)
        address = view.__array_interface__["data"][0]
        attempts["protect"] = lambda address=address, size=len(segment): _protect(address, size)
        attempts["remove"] = lambda address=address: (
            0 if libc.madvise(ctypes.c_void_p(address), 4096, 9) == 0 else [][0]
        )
    # Descriptors of segments are closed once they are mapped; look whether one is left.
    for number in range(4, 64):
        try:
            if os.fstat(number).st_size and "memfd" in os.readlink(f"/proc/self/fd/{number}"):
                attempts[f"write_{number}"] = lambda number=number: os.pwrite(number, b"x", 0)
                attempts[f"map_{number}"] = lambda number=number: mmap.mmap(number, 4096)
        except OSError:
            pass
    return went_through(**attempts)
