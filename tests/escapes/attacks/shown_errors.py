"""Raise what a notebook would run.

Attacks: the browser and the terminal that show the error.
How: markup and terminal codes in the exception's name, message, traceback and log.
Source: CWE-150; terminal escape injection as in CVE-2003-0063 and its successors.
Breach: control characters are in the message, the traceback or the log.
"""

import logging
import sys

GROUP, ENDS = "shown", ("PluginExecutionError",)
_BAD = "<script>alert(1)</script>\x1b]0;title\x07\x1b[2J\u202eReversed\x9b31m"


def attack(outside):
    print(_BAD)
    print(_BAD, file=sys.stderr)
    outside.plugin.context.log.warning(_BAD)
    logging.getLogger("x").error(_BAD)
    raise type(_BAD, (Exception,), {})(_BAD)
