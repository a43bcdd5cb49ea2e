"""Write what is no frame.

Attacks: the host's decoder.
How: empty, oversized, truncated, nested, random and almost right messages on descriptor 3, one a call.
Source: CWE-502, CWE-674; the fuzzing of MessagePack decoders.
Breach: the host raises anything but a protocol violation, or believes it.
"""

import os
import time

GROUP, ENDS, LIMITS = "protocol", ("ProtocolViolation",), {"wall_s": 5}


def attack(outside):
    os.write(3, b"\x91" * 60_000 + b"\xc0")
    time.sleep(10)
