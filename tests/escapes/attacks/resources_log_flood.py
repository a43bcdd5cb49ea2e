"""Print without end.

Attacks: the host's memory and its processor.
How: 64 kB of empty lines at a time, during the call.
Source: CWE-779 (logging of excessive data).
Breach: the host spends more than 0.8 s of processor time, or its memory grows by 60 MB.
"""

import os
import time

GROUP, LIMITS, HOST_MB, HOST_CPU_S = "resources", {"wall_s": 5}, 60.0, 0.8


def attack(outside):
    until = time.monotonic() + 1
    while time.monotonic() < until:
        os.write(1, b"\n" * 65536)
        os.write(2, b"x" * 65536)
