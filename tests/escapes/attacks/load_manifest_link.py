"""Be a manifest that is somebody's secret.

Attacks: a file outside, through the error message that quotes it.
How: plugin.json is a link to the canary.
Source: CWE-59; the error messages of XML external entities.
Breach: the message holds the content.
"""

GROUP, USABLE, ENDS = "load", False, ("ManifestError", "UnknownPlugin")


def prepare(folder, outside):
    (folder / "plugin.json").unlink()
    (folder / "plugin.json").symlink_to(outside.folder / "secret")


def attack(outside):
    return None
