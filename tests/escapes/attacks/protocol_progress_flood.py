"""Report progress without end.

Attacks: whoever waits for an answer.
How: valid Progress frames as fast as they go, in the blocking door.
Source: "slowloris" turned round (CWE-400).
Breach: it goes on for longer than the call's limits.
"""

import os

GROUP, LIMITS, ENDS, HOST_S = "protocol", {"wall_s": 2}, ("wall", "cpu", "ProtocolViolation", "WorkerCrashed"), 9.0


def attack(outside):
    from schillinger_plugins.protocol import frames

    frame = frames.encode(frames.Progress(0.5, "x"))
    while True:
        os.write(3, frame)
