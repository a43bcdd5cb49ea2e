"""The zygote: a warm process that forks confined workers.

Owns the preloaded libraries, the compiled filter and the fork. Runs no plugin code itself. Single-threaded, started by
`sandbox.zygote` with a clean environment and one descriptor, its control socket; when that closes (the host is gone) it
exits, and its workers with it.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import gc
import os
import resource
import signal
import socket
import sys
import sysconfig
from pathlib import Path

from ..protocol import frames
from ..scratch import remove
from . import boot, confine, preload

_DESCRIPTORS_PER_SPAWN = 4


def main(profile: str, control_descriptor: int, folder: str, roots: list[str]) -> None:
    """Warm up, say hello, then fork and reap as told, until told to leave.

    If the host is killed, what it left in `folder` is removed.
    """
    control = socket.socket(fileno=control_descriptor)
    workers: set[int] = set()
    _forget_the_hosts_ways()
    try:
        _leave_with_the_host(control)
        _serve(control, profile, roots, workers)
    except (_HostGone, ConnectionError):
        for pid in workers:  # first: who still writes would keep a folder from being removed
            os.kill(pid, signal.SIGKILL)
        remove(Path(folder))


class _HostGone(BaseException):
    """The host has gone without saying so."""


def _forget_the_hosts_ways() -> None:
    """Undo what is inherited: signals ignored (children would reap themselves) or blocked (workers could not be asked to
    stop), and a soft limit of open files that the host is near to."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _leave_with_the_host(control: socket.socket) -> None:
    """While it warms up, which may take a minute, it doesn't listen: have the kernel tell if the host goes."""

    def look(number: int, stack: object) -> None:
        with contextlib.suppress(BlockingIOError):
            if not control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT):
                raise _HostGone

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(control, fcntl.F_SETFL, os.O_ASYNC)
    look(signal.SIGIO, None)


def _listen(control: socket.socket) -> None:
    fcntl.fcntl(control, fcntl.F_SETFL, 0)
    signal.signal(signal.SIGIO, signal.SIG_DFL)


def _serve(control: socket.socket, profile: str, roots: list[str], workers: set[int]) -> None:
    def report(fraction: float, message: str) -> None:
        control.send(frames.encode(frames.Warming(fraction, message)))

    preload.preload(profile, report)
    confinement = confine.prepare(_readable(roots))
    _listen(control)
    gc.collect()
    gc.freeze()  # what is here now is shared with every worker: keep their collectors from touching its pages
    control.send(
        frames.encode(frames.Hello(confinement.landlock_abi, bool(confinement.filter), dict(confinement.missing)))
    )
    while True:
        data, descriptors = _receive(control)
        if not data:
            raise _HostGone
        request = frames.decode_to_zygote(data)
        if isinstance(request, frames.Leave):
            return
        if isinstance(request, frames.Reap):
            workers.discard(request.pid)
            control.send(frames.encode(frames.Reaped(_reap(request.pid))))
            continue
        own_pid = os.getpid()  # a child asks too late: by then this process may have died
        try:
            pid = os.fork()
        except OSError:  # the machine refuses: that is no reason to take the other workers along
            pid = -1
        if pid == 0:
            channel, log, trail, box = descriptors
            boot.become_worker(request, confinement, channel=channel, log=log, trail=trail, box=box, zygote_pid=own_pid)
        if pid > 0:
            workers.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)
        control.send(frames.encode(frames.Spawned(pid)))


def _reap(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # it has been reaped before, and how it ended been told
        return -signal.SIGKILL


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
