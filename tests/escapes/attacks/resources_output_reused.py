"""Return more than this call may, in the room of an earlier one.

Attacks: the limit of outputs.
How: the first call is allowed 100 MB; the second, allowed 1 MB, uses the segment that is there and need not ask.
Source: reading the conversation: only a request for a new segment was compared with the limit.
Breach: the second call ends in anything but the limit of outputs.
"""

import numpy as np

GROUP, CALLS, ENDS = "resources", 2, ("output",)
LIMITS = [{"output_mb": 100}, {"output_mb": 1}]


def attack(outside):
    return np.zeros(50_000_000, np.uint8)
