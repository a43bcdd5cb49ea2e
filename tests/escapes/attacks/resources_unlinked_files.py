"""Fill the disk with files that have no name.

Attacks: the disk.
How: open, unlink, write: a walk over the folder sees nothing; and O_TMPFILE.
Source: unlink(2), open(2) on O_TMPFILE; the reason why `du` and `df` disagree.
Breach: 200 MB are held under a limit of 20 MB for a second.
"""

import os
import time

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 10}, ("file_size",)


def attack(outside):
    held = []
    for number in range(10):
        descriptor = os.open(f"u{number}", os.O_RDWR | os.O_CREAT)
        os.unlink(f"u{number}")
        os.write(descriptor, bytes(20_000_000))
        held.append(descriptor)
    time.sleep(1.5)
    return f"{sum(os.fstat(one).st_blocks for one in held) * 512 / 1e6:.0f} MB were held"
