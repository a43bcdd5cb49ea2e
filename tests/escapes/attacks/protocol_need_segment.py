"""Ask for a segment of absurd size.

Attacks: the host's memory.
How: NeedSegment of 2^62, of a negative number, of zero, twice.
Source: CWE-789.
Breach: the host raises anything but the limit of outputs or a protocol violation.
"""

import os
import time

GROUP, ENDS, LIMITS = "protocol", ("output", "ProtocolViolation"), {"wall_s": 5}


def attack(outside):
    from schillinger_plugins.protocol import frames

    os.write(3, frames.encode(frames.NeedSegment(2**62)))
    time.sleep(10)
