"""Hold files that have neither a name nor a descriptor.

Attacks: the disk.
How: open, unlink, write, map one page, close: only the mapping holds the file.
Source: mmap(2): "closing the file descriptor does not unmap the region".
Breach: 200 MB are held under a limit of 20 MB for a second.
"""

import ctypes
import os
import time

from kernel import libc

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 10}, ("file_size",)


def attack(outside):
    # Not Python's own mmap, which keeps a copy of the descriptor.
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    piece = bytes(4_000_000)
    for number in range(50):
        descriptor = os.open(f"u{number}", os.O_RDWR | os.O_CREAT)
        os.unlink(f"u{number}")
        os.write(descriptor, piece)
        libc.mmap(None, 4096, 1, 1, descriptor, 0)
        os.close(descriptor)
    time.sleep(1.5)
    return "200 MB were held"
