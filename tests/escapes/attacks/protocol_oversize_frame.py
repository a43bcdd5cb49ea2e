"""Send a message longer than a frame may be.

Attacks: the host's buffer.
How: 64 kB + 1 and 200 kB in one message.
Source: recv(2) on truncation.
Breach: the host raises anything but a protocol violation.
"""

import os
import time

GROUP, ENDS, LIMITS = "protocol", ("ProtocolViolation", "PluginExecutionError"), {"wall_s": 5}


def attack(outside):
    os.write(3, b"\x00" * (64 * 1024 + 1))
    time.sleep(10)
