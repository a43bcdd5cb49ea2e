"""Stop oneself.

Attacks: whoever waits or wants to end the process.
How: SIGSTOP to oneself.
Source: signal(7): SIGSTOP can't be handled, only SIGKILL ends what is stopped.
Breach: it ends in anything but the limit of wall time.
"""

import os
import signal

GROUP, LIMITS, ENDS = "resources", {"wall_s": 0.5}, ("wall",)


def attack(outside):
    os.kill(os.getpid(), signal.SIGSTOP)
    return "it went on"
