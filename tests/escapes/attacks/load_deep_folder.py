"""Be a folder deeper than a recursion.

Attacks: the host, which copies, hashes and removes the folder.
How: 1,200 folders within each other, which paths can still say but Python's recursion can't.
Source: Python's rmtree recursed until 3.13 (gh-89727).
Breach: the host raises anything but a typed error, or can't forget the plugin.
"""

import os

GROUP, HOST_S, USABLE = "load", 8.0, False
ENDS = (None, "LoadError", "PackageError")


def prepare(folder, outside):
    before = os.getcwd()
    os.chdir(folder)
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(before)


def attack(outside):
    return None
