"""The same against an event loop, which serves others, too.

Attacks: the host's event loop.
How: there is always a frame to read, so a loop that only yields when there is none never does.
Source: asyncio's documentation on starving the loop; found by reading the driver.
Breach: the loop stands still for more than half a second.
"""

import os

GROUP, LIMITS, DOOR, HOST_S = "protocol", {"wall_s": 2}, "asyncio", 9.0
ENDS = ("wall", "cpu", "ProtocolViolation", "WorkerCrashed")


def attack(outside):
    from schillinger_plugins.protocol import frames

    frame = frames.encode(frames.Progress(0.5, "x"))
    while True:
        os.write(3, frame)
