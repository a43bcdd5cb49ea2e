"""Hold files that have neither a name nor a descriptor.

Attacks: the disk.
How: open, unlink, write, map one page, close: only the mapping holds the file.
Source: mmap(2): "closing the file descriptor does not unmap the region".
Breach: 200 MB are held under a limit of 20 MB for a second.
"""

import mmap
import os
import time

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 10}, ("file_size",)


def attack(outside):
    held, piece = [], bytes(4_000_000)
    for number in range(50):
        descriptor = os.open(f"u{number}", os.O_RDWR | os.O_CREAT)
        os.unlink(f"u{number}")
        os.write(descriptor, piece)
        held.append(mmap.mmap(descriptor, 4096))
        os.close(descriptor)
    time.sleep(1.5)
    return "200 MB were held"
