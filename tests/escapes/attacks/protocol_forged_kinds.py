"""Claim to have been interrupted, or limited.

Attacks: the host's control flow.
How: Raised frames of kind cancelled, load, memory and one that doesn't exist, unasked.
Source: reading the conversation: a KeyboardInterrupt in the host would end a notebook's run.
Breach: the host is interrupted.
"""

import os
import time

GROUP, LIMITS, USABLE = "protocol", {"wall_s": 5}, False  # it may lie about its own next call
ENDS = ("PluginExecutionError", "ProtocolViolation")


def attack(outside):
    from schillinger_plugins.protocol import frames

    os.write(3, frames.encode(frames.Raised("cancelled", "KeyboardInterrupt", "now", "")))
    time.sleep(0.2)
