"""Eat memory with arrays, touched and untouched.

Attacks: the host's memory.
How: np.ones of 4 GB, then many of 10 MB.
Source: setrlimit(2).
Breach: it ends in anything but the limit of memory.
"""

import numpy as np

GROUP, ENDS, LIMITS = "resources", ("memory",), {"memory_mb": 100}


def attack(outside):
    hoard = []
    try:
        hoard.append(np.ones(500_000_000))
    except MemoryError:
        while True:
            hoard.append(np.ones(1_300_000))
    return "4 GB were had"
