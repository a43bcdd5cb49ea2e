"""Be a folder that leads out.

Attacks: the host, which copies the folder where workers may read it.
How: links to the canary, to its folder, to /, to /proc/self/environ (the host's own), absolute and relative, and a
main file's helper that is such a link.
Source: CVE-2007-4559, CVE-2024-21626, zip-slip by links.
Breach: the content of a file outside can be read through the copy.
"""

import os

GROUP = "load"


def prepare(folder, outside):
    (folder / "leak").symlink_to(outside.folder / "secret")
    (folder / "tree").symlink_to(outside.folder)
    (folder / "root").symlink_to("/")
    (folder / "environ").symlink_to("/proc/self/environ")
    (folder / "up").symlink_to("../" * 30 + str(outside.folder / "secret").lstrip("/"))
    (folder / "circle").symlink_to("circle")


def attack(outside):
    root = outside.plugin.context.plugin_dir
    read = []
    for name in ("leak", "tree/secret", f"root{outside.secret}", "environ", "up", "circle"):
        try:
            read.append((root / name).read_text()[:500])
        except OSError:
            pass
    try:
        read.append(os.listdir(root / "tree"))
    except OSError:
        pass
    return read or None
