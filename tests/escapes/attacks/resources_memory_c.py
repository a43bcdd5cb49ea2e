"""Eat memory behind Python's back.

Attacks: the host's memory.
How: malloc and mmap through ctypes until they refuse, then touch what was given.
Source: malloc(3), mmap(2).
Breach: more than twice the limit can be touched.
"""

import ctypes

GROUP, LIMITS = "resources", {"memory_mb": 100}
ENDS = (None, "memory")


def attack(outside):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    got = 0
    for _ in range(400):
        block = libc.malloc(ctypes.c_size_t(1_000_000))
        if not block:
            break
        ctypes.memset(block, 1, 1_000_000)
        got += 1
    return f"{got} MB were had under a limit of 100" if got > 200 else None
