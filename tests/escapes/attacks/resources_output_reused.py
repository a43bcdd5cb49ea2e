"""Return more than this call may, in the room of an earlier one.

Attacks: the limit of outputs.
How: the first call is allowed 100 MB; the second, allowed 1 MB, uses the segment that is there.
Source: reading the conversation: only a request for a new segment was compared with the limit.
Breach: it ends in anything but the limit of outputs. (A generous first call is made inside: the frame is forged.)
"""

import os
import time

GROUP, LIMITS, ENDS = "resources", {"output_mb": 2}, ("output", "ProtocolViolation")


def attack(outside):
    import numpy as np

    from schillinger_plugins.protocol import frames, values

    # A segment of 2 MB is rounded up to a power of two at most; references beyond the limit must be refused.
    packed = values.pack({"y": [np.zeros(300_000, np.uint8) for _ in range(8)]}, "outputs")
    os.write(3, frames.encode(frames.NeedSegment(1_500_000)))
    os.read(3, 65536)
    os.write(3, frames.encode(frames.Returned(frames.Body(packed.structure), 0.0, 0)))
    time.sleep(5)
    return "it was not answered"
