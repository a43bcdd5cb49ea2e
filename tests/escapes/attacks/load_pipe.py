"""Be a folder with a pipe in it.

Attacks: the host that looks through the folder.
How: FIFOs called helper.py and README.md: opening one for reading waits for ever.
Source: fifo(7); CWE-67-like special files.
Breach: loading takes longer than a moment.
"""

import os

GROUP, HOST_S = "load", 8.0


def prepare(folder, outside):
    os.mkfifo(folder / "aaa.py")
    os.mkfifo(folder / "README.md")


def attack(outside):
    return None
