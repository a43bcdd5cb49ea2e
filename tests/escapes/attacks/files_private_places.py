"""Read what stealers look for: keys, tokens, histories.

Attacks: secrets in the home folder.
How: the well-known paths, one after another.
Source: MITRE ATT&CK T1552.001; the PyPI packages ctx (2022) and ultralytics (2024).
Breach: any of them can be read.
"""

GROUP, CONTROL = "files", True


def attack(outside):
    read = []
    for path in [*outside.private, "/etc/shadow", "/root/.ssh/id_rsa", "/var/log/syslog"]:
        try:
            with open(path) as file:
                read.append(file.read()[:200])
        except OSError:
            pass
    return read or None
