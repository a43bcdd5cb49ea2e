"""Go on working after the call has returned.

Attacks: the processor, between calls, when no call's limit applies.
How: a thread that spins.
Source: the miners in PyPI packages keep a thread (mplatlib and its kin, 2021).
Breach: the worker has more than 2.8 s of processor time in the 3.5 s after the call.
"""

import threading

GROUP, PAUSE_S = "resources", 3.5


def attack(outside):
    def spin():
        while True:
            pass

    threading.Thread(target=spin, daemon=True).start()
