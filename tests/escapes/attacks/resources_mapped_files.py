"""The same, held by mappings when the descriptors are closed.

Attacks: the disk.
How: map one page of each unlinked file and close it.
Source: mmap(2): "closing the file descriptor does not unmap the region".
Breach: 200 MB are held under a limit of 20 MB for a second.
"""

import mmap
import os
import time

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 10}, ("file_size",)


def attack(outside):
    held = []
    for number in range(10):
        descriptor = os.open(f"u{number}", os.O_RDWR | os.O_CREAT)
        os.write(descriptor, bytes(20_000_000))
        held.append(mmap.mmap(descriptor, 4096))
        os.close(descriptor)
        os.unlink(f"u{number}")
    time.sleep(1.5)
    return "200 MB were held"
