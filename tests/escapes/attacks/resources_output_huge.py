"""Return more than there is.

Attacks: the host's memory.
How: a 10 GB array made without memory (stride 0), which the packing would spell out.
Source: numpy's broadcast_to; CWE-789.
Breach: it ends in anything but the limit of outputs or of memory.
"""

import numpy as np

GROUP, ENDS = "resources", ("output", "memory")


def attack(outside):
    return np.broadcast_to(np.float64(0), (1_250_000_000,))
