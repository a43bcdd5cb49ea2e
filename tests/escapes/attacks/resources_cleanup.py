"""Hang at the end.

Attacks: whoever closes.
How: cleanup(), __del__, atexit and a thread that never ends.
Source: atexit's documentation; threads that keep an interpreter alive.
Breach: the host takes longer than its grace, or a process is left.
"""

import atexit
import threading
import time

GROUP, HOST_S = "resources", 15.0


class _Clinging:
    def __del__(self):
        while True:
            time.sleep(1)


def attack(outside):
    atexit.register(time.sleep, 3600)
    outside.plugin.clinging = _Clinging()
    threading.Thread(target=time.sleep, args=(3600,)).start()

    async def cleanup():
        while True:
            pass

    outside.plugin.cleanup = cleanup
