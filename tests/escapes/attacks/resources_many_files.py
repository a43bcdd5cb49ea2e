"""Fill the disk with many files.

Attacks: the disk and its inodes.
How: files of 1 MB, then empty ones by the ten thousand.
Source: the "inode bomb"; statfs(2) on f_files.
Breach: it ends in anything but the limit of file sizes.
"""

import time

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 20}, ("file_size",)


def attack(outside):
    for number in range(30):
        with open(f"f{number}", "wb") as file:
            file.write(bytes(1_000_000))
    for number in range(30_000):
        open(f"e{number}", "w").close()
    time.sleep(3)
    return "they were all made"
