"""Stand in the way of the clean-up.

Attacks: the disk, after the end.
How: folders with the names that the remover itself would use, filled, beside folders within folders; names with line
ends and of 255 bytes; links that loop.
Source: CWE-377; reading the removing of scratch folders.
Breach: something of the scratch folder is left when the plugin has been unloaded.
"""

import os

GROUP = "resources"


def attack(outside):
    for number in range(1, 30):
        os.makedirs(f".{number}-moved-up/full")
    os.makedirs("a/b/c/d")
    open("a/b/c/d/file", "w").close()
    os.mkdir("n" * 255)
    os.mkdir("line\nend \x1b[31m")
    os.symlink(".", "loop")
    os.symlink("/", "a/root")
