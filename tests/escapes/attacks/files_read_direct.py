"""Open the file by its path.

Attacks: the user's files.
How: open(), the first thing any stealer on PyPI does.
Source: landlock(7); Phylum and Datadog reports on credential stealers in PyPI packages.
Breach: the content of a file outside, or the names in its folder, come back.
"""

import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    return went_through(
        read=lambda: open(outside.secret).read(),
        list=lambda: os.listdir(outside.folder),
        scan=lambda: [entry.name for entry in os.scandir(outside.folder)],
        below=lambda: open(os.path.join(outside.folder, "below", "deep")).read(),
    )
