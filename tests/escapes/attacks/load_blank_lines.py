"""Be a file of blank lines.

Attacks: the host, which looks at the import lines before anything runs.
How: 200,000 newlines, over which a careless pattern takes a quarter of an hour.
Source: CWE-1333; found by reading the choice of the profile.
Breach: loading takes longer than a moment.
"""

GROUP, HOST_S = "load", 8.0


def prepare(folder, outside):
    (folder / "blank.py").write_text("\n" * 200_000 + "    " * 50_000)


def attack(outside):
    return None
