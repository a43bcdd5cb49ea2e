"""Fetch or pass descriptors between processes.

Attacks: the host's open files.
How: pidfd_open and pidfd_getfd; SO_PEERPIDFD on the channel; SCM_RIGHTS to the host.
Source: pidfd_getfd(2), unix(7); SO_PEERPIDFD since Linux 6.5.
Breach: a descriptor of another process is had, or the host has one more than before.
"""

import array
import os
import socket

from kernel import call, went_through

GROUP, CONTROL = "files", True


def _fetch(pid):
    return os.read(call("pidfd_getfd", call("pidfd_open", pid, 0), 0, 0), 0) or "had"


def _peer():
    with socket.socket(fileno=os.dup(3)) as channel:
        pidfd = array.array("i", channel.getsockopt(socket.SOL_SOCKET, 77, 4))[0]
    return call("pidfd_getfd", pidfd, 0, 0)


def _send():
    # The host must drop it: judged by its number of descriptors. A frame of progress carries it.
    from schillinger_plugins.protocol import frames

    with socket.socket(fileno=os.dup(3)) as channel:
        for _ in range(20):
            socket.send_fds(channel, [frames.encode(frames.Progress(0.5, "here"))], [0, 1])


def attack(outside):
    if outside.confined:
        try:
            _send()
        except OSError:
            pass
    return went_through(
        opened=lambda: call("pidfd_open", outside.host_pid, 0), fetched=lambda: _fetch(outside.host_pid), peer=_peer
    )
