"""Look for secrets in the environment.

Attacks: tokens in variables.
How: os.environ, the C library's environ, the memory above the stack where the kernel put it, /proc/self/environ,
sys.argv.
Source: the stealers in PyPI packages that send os.environ; proc(5).
Breach: the host's secret is among them.
"""

import ctypes
import os
import sys

from kernel import libc

GROUP = "secrets"


def attack(outside):
    found = [dict(os.environ), list(sys.argv), list(sys.orig_argv)]
    try:
        with open("/proc/self/environ") as file:
            found.append(file.read())
    except OSError:
        pass
    variables = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    for index in range(500):
        if not variables or not variables[index]:
            break
        found.append(variables[index].decode("utf-8", "replace"))
    text = str(found)
    return text if "SECRET-" in text or "AWS_" in text or "ESCAPE_" in text else None
