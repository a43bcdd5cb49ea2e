"""Go on living after the end.

Attacks: the clean end of an instance.
How: ignore every signal, clear the death signal, leave threads running, and refuse in cleanup().
Source: prctl(2) on PR_SET_PDEATHSIG; the kill ladder of supervisors.
Breach: a process is left when the plugin has been unloaded.
"""

import signal
import threading
import time

from kernel import call

GROUP = "processes"


def attack(outside):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    try:
        call("prctl", 1, 0, 0, 0, 0)
    except OSError:
        pass
    threading.Thread(target=time.sleep, args=(3600,)).start()

    async def cleanup():
        time.sleep(3600)

    outside.plugin.cleanup = cleanup
    return
