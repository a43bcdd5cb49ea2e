"""Fill the signal queue of the user.

Attacks: every other process of the same user, whose timers then fail.
How: a blocked real-time signal sent to oneself some hundred thousand times; the queue is counted per user.
Source: getrlimit(2) on RLIMIT_SIGPENDING; sigqueue(3) on EAGAIN.
Breach: more than 10,000 signals are pending.
"""

import os
import signal

from kernel import libc

GROUP, CONTROL = "signals", True


def attack(outside):
    signal.pthread_sigmask(signal.SIG_BLOCK, [40])
    for _ in range(20_000):
        libc.kill(os.getpid(), 40)  # succeeds with a full queue, too, but is then kept once only
    queued = 0
    while signal.sigtimedwait([40], 0) is not None:
        queued += 1
    return f"{queued} signals were pending" if queued > 10_000 else None
