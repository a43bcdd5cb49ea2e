"""Ask for a thousand segments.

Attacks: the host's memory and descriptors.
How: NeedSegment again and again within one call.
Source: CWE-770.
Breach: the host gives more than one, or runs out of descriptors.
"""

import os
import time

GROUP, ENDS, LIMITS = "protocol", ("ProtocolViolation",), {"wall_s": 5}


def attack(outside):
    from schillinger_plugins.protocol import frames

    for _ in range(1000):
        os.write(3, frames.encode(frames.NeedSegment(1_000_000)))
    time.sleep(10)
