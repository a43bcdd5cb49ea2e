"""Be larger than the disk.

Attacks: the disk, by the host's own copy.
How: a sparse file of 100 GB beside the main file.
Source: CWE-409; sparse files in archives.
Breach: the copy takes the room, or loading takes longer than a moment.
"""

GROUP, USABLE, HOST_S, ENDS = "load", False, 8.0, ("LoadError", "PackageError", "ManifestError")


def prepare(folder, outside):
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(100 << 30)


def attack(outside):
    return None
