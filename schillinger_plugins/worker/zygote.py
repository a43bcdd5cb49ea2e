"""The zygote: a warm process that forks confined workers.

Owns the preloaded libraries, the compiled filter and the fork. Runs no plugin code itself. Single-threaded, started by
`sandbox.zygote` with a clean environment and one descriptor, its control socket; when that closes (the host is gone) it
exits, and its workers with it.
"""

from __future__ import annotations

import array
import gc
import os
import socket
import sys
import sysconfig
from pathlib import Path

from ..protocol import frames
from ..scratch import remove
from . import boot, confine, preload

_DESCRIPTORS_PER_SPAWN = 3


def main(profile: str, control_descriptor: int, folder: str, roots: list[str]) -> None:
    """Warm up, say hello, then fork and reap as told, until told to leave.

    If the host is killed, what it left in `folder` is removed.
    """
    control = socket.socket(fileno=control_descriptor)

    def report(fraction: float, message: str) -> None:
        control.send(frames.encode(frames.Warming(fraction, message)))

    preload.preload(profile, report)
    confinement = confine.prepare(_readable(roots))
    gc.collect()
    gc.freeze()  # what is here now is shared with every worker: keep their collectors from touching its pages
    control.send(
        frames.encode(frames.Hello(confinement.landlock_abi, bool(confinement.filter), dict(confinement.missing)))
    )
    while True:
        data, descriptors = _receive(control)
        if not data:
            remove(Path(folder))
            return
        request = frames.decode_to_zygote(data)
        if isinstance(request, frames.Leave):
            return
        if isinstance(request, frames.Reap):
            _, status = os.waitpid(request.pid, 0)
            control.send(frames.encode(frames.Reaped(os.waitstatus_to_exitcode(status))))
            continue
        pid = os.fork()
        if pid == 0:
            channel, log, trail = descriptors
            boot.become_worker(request, confinement, channel=channel, log=log, trail=trail, zygote_pid=os.getppid())
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(frames.encode(frames.Spawned(pid)))


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    room = socket.CMSG_SPACE(_DESCRIPTORS_PER_SPAWN * array.array("i").itemsize)
    data, ancillary, _, _ = control.recvmsg(frames.MAX_FRAME_BYTES, room, socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content)
    return data, list(descriptors)


def _readable(roots: list[str]) -> list[str]:
    """What Python and its libraries read at run time, and no more: not the whole of ``/usr`` or of the home folder."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = sysconfig.get_paths()
    libraries = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    shared = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", os.path.join(sys.base_prefix, "lib")]
    shared.append("/etc/ld.so.cache")
    data = ["/usr/share/zoneinfo", "/etc/localtime", "/sys/devices/system/cpu"]
    devices = ["/dev/null", "/dev/urandom", "/dev/random"]  # not zero: mapped shared, it is memory that nobody counts
    # The package's own parent may be a checkout, or a home folder: it is on the path, but only the package is readable.
    libraries += [root for root in roots if os.path.basename(root) in ("site-packages", "dist-packages")]
    return [package, *libraries, *shared, *data, *devices]
