"""Be a folder whose holes are filled by copying.

Attacks: the disk, by the host's own copy.
How: a sparse file of 3 GB, below the limit on a folder, which takes no room until it is copied.
Source: cp(1) on --sparse; CWE-409.
Breach: loading takes longer than a moment, or the copy takes gigabytes of disk.
"""

import os

GROUP, HOST_S = "load", 8.0
ENDS = (None, "LoadError", "PackageError")


def prepare(folder, outside):
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(3 << 30)


def attack(outside):
    path = outside.plugin.context.plugin_dir / "sparse.bin"
    taken = os.stat(path).st_blocks * 512
    return f"the copy takes {taken / 1e9:.1f} GB" if taken > 10**9 else None
