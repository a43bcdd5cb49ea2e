"""Tell a state that is none, then die.

Attacks: the host that keeps the state for the next worker.
How: a Returned frame with broken MessagePack as state, then the end; the next worker is given what was kept.
Source: CWE-502.
Breach: the host raises anything but a typed error.
"""

import os
import time

GROUP, LIMITS, USABLE = "protocol", {"wall_s": 3}, False
ENDS = (None, "ProtocolViolation")


def attack(outside):
    from schillinger_plugins.protocol import frames, values

    body = frames.Body(values.pack({"y": None}, "outputs").structure)
    os.write(3, frames.encode(frames.Returned(body, 0.0, 0, state=b"\xdd\xff\xff\xff\xff" + b"\x91" * 1000)))
    time.sleep(0.2)
    os._exit(0)
