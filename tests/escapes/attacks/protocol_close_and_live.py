"""Close the channel and live on.

Attacks: whoever takes the end of the channel for the end of the process.
How: close 3, or put another descriptor over it.
Source: the daemonizing trick, turned round.
Breach: the process is left, or the host waits for longer than it must.
"""

import os
import time

GROUP, ENDS, HOST_S = "protocol", ("ProtocolViolation",), 8.0


def attack(outside):
    reader, _ = os.pipe()
    os.dup2(reader, 3)
    time.sleep(60)
