"""Rewrite oneself, so that the next worker runs something else than what was hashed.

Attacks: the plugin's folder and the copy that workers run.
How: write main.py, a __pycache__ beside it, a new module in front of the standard one.
Source: CVE-2024-3094's lesson: what was looked at must be what runs.
Breach: either folder changes.
"""

import os

from kernel import went_through

GROUP = "files"
CONTROL = "which folder is the copy is known to a confined worker only; plain writes are controlled in files_libraries"


def attack(outside):
    here = str(outside.plugin.context.plugin_dir)
    return went_through(
        write=lambda: open(f"{here}/main.py", "a").write("#"),
        cache=lambda: os.mkdir(f"{here}/__pycache__"),
        shadow=lambda: open(f"{here}/json.py", "w").close(),
        original=lambda: open(f"{outside.original}/main.py", "a").write("#"),
        delete=lambda: os.unlink(f"{outside.original}/plugin.json"),
        beside=lambda: os.mkdir(os.path.join(os.path.dirname(here), "new")),
    )
