"""End the interpreter at every odd moment.

Attacks: whoever believes that a call ends in an answer.
How: os._exit in a finalizer, sys.exit in a thread and in the call, an exception that exits when printed.
Source: the atexit and sys.exit sections of Python's documentation.
Breach: the host raises anything but a crash or the plugin's error, or can't call again.
"""

import os
import sys

GROUP = "python"
ENDS = ("WorkerCrashed", "PluginExecutionError")


class _Bomb(Exception):
    def __str__(self):
        os._exit(7)

    __repr__ = __str__


def attack(outside):
    try:
        sys.exit(3)
    except SystemExit:
        raise _Bomb from None
