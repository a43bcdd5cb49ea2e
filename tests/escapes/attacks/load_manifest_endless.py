"""Be a manifest without end.

Attacks: the host's memory.
How: plugin.json is a link to /dev/zero.
Source: CWE-400; zero(4).
Breach: loading takes longer than a moment, or the host's memory grows.
"""

GROUP, USABLE, HOST_S, ENDS = "load", False, 8.0, ("ManifestError", "UnknownPlugin")


def prepare(folder, outside):
    (folder / "plugin.json").unlink()
    (folder / "plugin.json").symlink_to("/dev/zero")


def attack(outside):
    return None
