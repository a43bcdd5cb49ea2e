"""Name a main file that lies elsewhere.

Attacks: what is imported.
How: main_file is ../../x.py, an absolute path, or a link.
Source: CWE-22; CVE-2023-41040-like traversal.
Breach: the manifest is accepted.
"""

GROUP, USABLE, ENDS = "load", False, ("ManifestError",)
MANIFEST = {"main_file": "../../main.py"}


def prepare(folder, outside):
    (folder.parent.parent / "main.py").write_text("raise SystemExit('imported from outside')\n")


def attack(outside):
    return None
