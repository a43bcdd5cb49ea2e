"""Hook into everything the interpreter calls.

Attacks: the worker's own code between calls.
How: sys.settrace, threading.setprofile, gc callbacks, excepthook, an import hook, sys.modules, builtins; and an
audit hook that objects to everything.
Source: PEP 578: audit hooks can't be removed, and aren't a sandbox.
Breach: the host can't call again, or raises anything but a typed error.
"""

import builtins
import gc
import sys
import threading

GROUP = "python"
ENDS = (None, "PluginExecutionError", "WorkerCrashed", "ProtocolViolation")
USABLE = False


def attack(outside):
    def refuse(*_):
        raise RuntimeError("hooked")

    sys.settrace(lambda *_: refuse)
    threading.setprofile(refuse)
    gc.callbacks.append(refuse)
    sys.excepthook = sys.unraisablehook = refuse
    sys.modules["os"] = sys.modules["asyncio"] = None
    builtins.__import__ = refuse
    sys.addaudithook(refuse)
