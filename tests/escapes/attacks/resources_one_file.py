"""Fill the disk with one file.

Attacks: the disk.
How: write, fallocate and ftruncate past the limit of a file's length.
Source: getrlimit(2) on RLIMIT_FSIZE.
Breach: the file gets longer than it may.
"""

import os

GROUP, LIMITS, ENDS = "resources", {"file_size_mb": 5}, ("file_size",)


def attack(outside):
    descriptor = os.open("big", os.O_RDWR | os.O_CREAT)
    for attempt in (
        lambda: os.posix_fallocate(descriptor, 0, 50_000_000),
        lambda: os.ftruncate(descriptor, 50_000_000),
    ):
        try:
            attempt()
        except OSError:
            pass
    if os.fstat(descriptor).st_size > 5 * 2**20:
        return "the file is longer than it may be"
    while True:
        os.write(descriptor, bytes(1_000_000))
