"""Make folders that their owner can't list.

Attacks: a host without privileges, which could neither measure nor remove them.
How: mkdir with mode 0 or 0300, umask(0777), chmod.
Source: mkdir(2), umask(2).
Breach: such a folder is made.
"""

import os
import stat

GROUP, CONTROL = "resources", True


def attack(outside):
    made = []
    for name, mode in (("a", 0), ("b", 0o300), ("c", 0o100), ("d", 0o500)):
        try:
            os.mkdir(name, mode)
        except OSError:
            continue
        made.append((name, oct(stat.S_IMODE(os.stat(name).st_mode))))
    try:
        os.umask(0o777)
        os.mkdir("e")
        made.append(("e", oct(stat.S_IMODE(os.stat("e").st_mode))))
    except OSError:
        pass
    try:
        os.mkdir("f")
        os.chmod("f", 0)
        made.append(("f", "chmod"))
    except OSError:
        pass
    return [one for one in made if one[1] == "chmod" or int(one[1], 8) & 0o700 != 0o700] or None
