"""Forge the trace.

Attacks: the reader of the trace.
How: false events, terminal codes, endless lines and broken JSON on every pipe that isn't a standard stream.
Source: CWE-117 (log injection); reading the worker's trace module.
Breach: control characters reach the reader, or the host raises.
"""

import os
import stat

GROUP = "python"


def attack(outside):
    for number in range(3, 64):
        try:
            if not stat.S_ISFIFO(os.fstat(number).st_mode):
                continue
            os.set_blocking(number, False)
            for line in (
                b'["open","\x1b[31mred\\u001b[0m \\u202e"]\n',
                b"[[[[\n",
                b"\xff\n",
                b'["fetch","http://forged"]\n',
                b"x" * 60_000,
            ):
                os.write(number, line)
        except OSError:
            pass
