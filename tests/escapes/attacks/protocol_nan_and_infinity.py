"""Send numbers that compare with nothing.

Attacks: checks by comparison.
How: CPU times and progress of NaN and infinity, seeds below zero and above 2^63, forged by hand.
Source: CWE-1339; CVE-2021-34141-like comparisons.
Breach: the host believes them or raises anything but a protocol violation.
"""

import os
import time

GROUP, ENDS, LIMITS = "protocol", ("ProtocolViolation",), {"wall_s": 5}


def attack(outside):
    from schillinger_plugins.protocol import frames, values

    os.write(3, frames.encode(frames.Progress(float("nan"), "x")))
    os.write(3, frames.encode(frames.Progress(float("inf"), "x")))
    body = frames.Body(values.pack({"y": 1}, "outputs").structure)
    os.write(3, frames.encode(frames.Returned(body, float("nan"), -5)))
    time.sleep(10)
