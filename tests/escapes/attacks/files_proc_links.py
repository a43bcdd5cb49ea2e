"""Walk through the magic links of /proc.

Attacks: files outside and the host's process.
How: /proc/self/root, /proc/self/cwd, /proc/PID/root, /proc/PID/cwd, and ../ from scratch.
Source: proc(5); many container escapes, for example CVE-2024-21626 (a leaked working folder).
Breach: the content is read.
"""

import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    here = os.getcwd()
    up = "../" * here.count("/")
    os.chdir(outside.folder)
    try:
        return went_through(
            relative=lambda: open("secret").read(),
            root=lambda: open("/proc/self/root" + outside.secret).read(),
            cwd=lambda: open("/proc/self/cwd/secret").read(),
            thread=lambda: open("/proc/thread-self/root" + outside.secret).read(),
            parent=lambda: open(f"/proc/{os.getppid()}/root{outside.secret}").read(),
            host=lambda: open(f"/proc/{outside.host_pid}/root{outside.secret}").read(),
            up=lambda: open(here + "/" + up + outside.secret.lstrip("/")).read(),
        )
    finally:
        os.chdir(here)
