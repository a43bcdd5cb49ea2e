"""Be a manifest nested a hundred thousand deep.

Attacks: the host's JSON reader.
How: brackets; and an integer of a million digits, and a key given twice.
Source: CWE-674; CVE-2020-10735 (integers of many digits).
Breach: the host raises anything but a manifest error, or takes longer than a moment.
"""

GROUP, USABLE, HOST_S, ENDS = "load", False, 8.0, ("ManifestError", "UnknownPlugin")


def prepare(folder, outside):
    (folder / "plugin.json").write_text(
        '{"metadata": {}, "metadata": ' + "[" * 100_000 + "1" * 100_000 + "]" * 100_000 + "}"
    )


def attack(outside):
    return None
