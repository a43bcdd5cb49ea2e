"""Send text that is none.

Attacks: whoever decodes or prints.
How: invalid UTF-8, lone surrogates and NUL in messages, in the exception's name and on the log.
Source: CWE-176.
Breach: the host raises anything but a typed error.
"""

import os
import time

GROUP, LIMITS = "protocol", {"wall_s": 5}
ENDS = ("ProtocolViolation", "PluginExecutionError")


def attack(outside):
    os.write(1, b"\xff\xfe\xed\xa0\x80 \x00 line\n" * 10)
    from schillinger_plugins.protocol import frames

    good = frames.encode(frames.Raised("plugin", "XXXX", "message", "trace"))
    os.write(3, good.replace(b"XXXX", b"\xff\xfe\xed\xa0"))
    time.sleep(10)
