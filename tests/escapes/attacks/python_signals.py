"""Take the signals that the host uses.

Attacks: interrupting a call.
How: SIGINT is ignored and its handler replaced, faulthandler and the wake-up descriptor are turned to the channel.
Source: signal.set_wakeup_fd and faulthandler in Python's documentation: both write to a descriptor of one's choice.
Breach: the host believes what they write, or can't end the call.
"""

import faulthandler
import os
import signal
import socket
import time

GROUP, LIMITS, HOST_S = "python", {"wall_s": 2}, 9.0
ENDS = ("ProtocolViolation", "wall", "WorkerCrashed")


def attack(outside):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        channel = socket.socket(fileno=os.dup(3))
        channel.setblocking(False)
        signal.set_wakeup_fd(channel.fileno(), warn_on_full_buffer=False)
    except (OSError, ValueError):
        pass
    signal.signal(signal.SIGUSR1, lambda *_: None)
    faulthandler.dump_traceback(file=3)
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(60)
