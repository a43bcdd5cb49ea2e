"""Eat memory with Python objects.

Attacks: the host's memory.
How: lists, then strings that double, in several threads.
Source: any "decompression bomb"; setrlimit(2) on RLIMIT_DATA.
Breach: it ends in anything but the limit of memory.
"""

GROUP, ENDS, LIMITS = "resources", ("memory",), {"memory_mb": 100}


def attack(outside):
    hoard = []
    while True:
        hoard.append([0] * 1_000_000)
