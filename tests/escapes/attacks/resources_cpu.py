"""Spin, with and without the interpreter's lock.

Attacks: the processor.
How: a C loop that never lets go of the lock, entered after every signal is blocked.
Source: "regex denial of service" as the nearest way into such a loop (CWE-1333).
Breach: it ends in anything but the limit of CPU time.
"""

import re
import signal

GROUP, LIMITS, ENDS = "resources", {"cpu_s": 0.5}, ("cpu",)


def attack(outside):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    re.match(r"(a|a)*$", "a" * 60 + "b")
    return "it came to an end"
