"""Do nothing, for ever.

Attacks: whoever waits.
How: a blocking sleep with every signal blocked and every timer set.
Source: any plugin that hangs; setitimer(2).
Breach: it ends in anything but the limit of wall time.
"""

import signal
import time

GROUP, LIMITS, ENDS = "resources", {"wall_s": 0.5}, ("wall",)


def attack(outside):
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    while True:
        time.sleep(1000)
