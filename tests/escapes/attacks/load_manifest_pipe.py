"""Be a manifest that never comes.

Attacks: the host that lists plugins.
How: plugin.json is a FIFO: opening it waits for ever.
Source: fifo(7).
Breach: loading takes longer than a moment.
"""

import os

GROUP, USABLE, HOST_S, ENDS = "load", False, 8.0, ("ManifestError", "UnknownPlugin")


def prepare(folder, outside):
    (folder / "plugin.json").unlink()
    os.mkfifo(folder / "plugin.json")


def attack(outside):
    return None
