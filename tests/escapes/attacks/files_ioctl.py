"""Speak to devices and file systems.

Attacks: the terminal, the disk and the file system.
How: TIOCSTI (types into the shell), FIEMAP, FS_IOC_SETFLAGS, FIBMAP, BLKGETSIZE, /dev nodes.
Source: CVE-2017-5226 (bubblewrap and TIOCSTI), CVE-2019-10063; ioctl_list(2).
Breach: any of them is obeyed, or a device that isn't null or random opens.
"""

import fcntl
import os

from kernel import went_through

GROUP, CONTROL = "files", True


def attack(outside):
    own = os.open("own", os.O_RDWR | os.O_CREAT)
    devices = [
        "/dev/tty",
        "/dev/console",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/kvm",
        "/dev/fuse",
        "/dev/vda",
        "/dev/sda",
        "/dev/shm",
        "/dev/net/tun",
        "/dev/ptmx",
        "/dev/full",
        "/dev/vsock",
        "/dev/loop-control",
        "/dev/dri/card0",
        "/dev/snd/seq",
    ]
    return went_through(
        typed=lambda: fcntl.ioctl(1, 0x5412, b"x"),
        flags=lambda: fcntl.ioctl(own, 0x40086602, bytes(8)),
        get_flags=lambda: fcntl.ioctl(own, 0x80086601, bytes(8)),
        map=lambda: fcntl.ioctl(own, 0xC020660B, bytes(32 + 56)),
        block=lambda: fcntl.ioctl(own, 1, bytes(4)),
        owner=lambda: fcntl.ioctl(3, 0x8901, outside.host_pid.to_bytes(4, "little")),
        **{name.replace("/", "_"): lambda name=name: os.open(name, os.O_RDONLY | os.O_NONBLOCK) for name in devices},
    )
