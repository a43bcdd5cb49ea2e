"""Answer twice, and before being asked.

Attacks: the order of calls.
How: two Returned at once, so that the second is there when the next call begins.
Source: HTTP response splitting and request smuggling, in small (CWE-444).
Breach: the host comes to harm; a plugin may lie about its own results, but only about its own.
"""

import os

GROUP = "protocol"
ENDS = (None, "ProtocolViolation", "PluginExecutionError")
USABLE = False


def attack(outside):
    from schillinger_plugins.protocol import frames, values

    forged = frames.encode(frames.Returned(frames.Body(values.pack({"y": None}, "outputs").structure), 0.0, 0))
    for _ in range(3):
        os.write(3, forged)
