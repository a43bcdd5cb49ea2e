"""A zygote process, as the host holds it.

Owns starting it with a clean environment, waiting until it is warm, and asking it to fork and to reap. One for each profile
of preloaded libraries. It is started by exec, never by forking the kernel process, whose memory would come along.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from ..errors import ConfinementUnavailable, PluginError
from ..protocol import frames
from ..protocol.line import BOX_BYTES
from ..scratch import remove
from . import interrupts
from .limits import Limits
from .log import Log
from .segment import Segment
from .watchdog import Watchdog
from .worker import Worker

_ANSWER_DEADLINE_S = 10.0
_WARMING_DEADLINE_S = 600.0
"""Between two reports of progress: one cold compilation of a numba kernel takes up to 40 s on a slow machine."""

_PASSED_ON = ("LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
_BOOT = """
import sys
_, profile, control, left_behind, package, *roots = sys.argv
sys.path.insert(0, package)
import schillinger_plugins
sys.path.remove(package)
sys.path.extend(root for root in (package, *roots) if root not in sys.path)
from schillinger_plugins.worker.zygote import main
main(profile, int(control), left_behind, roots)
"""
_LIBRARIES = (
    *("msgspec", "numpy", "py_landlock", "pyseccomp", "scipy", "librosa", "numba", "llvmlite", "soundfile", "soxr"),
    *("pyloudnorm", "mido", "sklearn", "joblib", "lazy_loader"),
)
_HIGHEST_STANDARD = 2
_MB = 1024 * 1024


class ZygoteGone(Exception):
    """The zygote doesn't answer any more; its workers are gone with it."""


class Zygote:
    """A warm process that forks workers.

    Parameters
    ----------
    profile : str
        ``base`` or ``audio``: see `worker.preload`.
    folder : Path
        Where its workers' scratch folders are made.
    left_behind : Path
        The folder that the zygote removes if the host is killed.
    watchdog : Watchdog
        Told of every worker.
    on_progress : callable, optional
        Told what is being prepared.

    Raises
    ------
    ConfinementUnavailable
        If it can't be started.
    """

    def __init__(
        self,
        profile: str,
        *,
        folder: Path,
        left_behind: Path,
        watchdog: Watchdog,
        on_progress: Callable[[float, str], None] | None = None,
    ) -> None:
        self.profile = profile
        self._folder = folder
        self._numbers = itertools.count(1)
        self._watchdog = watchdog
        self._lock = threading.Lock()
        self._gone = False
        self._host = os.getpid()
        self._control, theirs = _pair()
        with theirs, tempfile.TemporaryFile() as output:
            arguments = [profile, str(theirs.fileno()), str(left_behind), _package(), *_roots()]
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", "-c", _BOOT, *arguments],
                    env=_environment(),
                    cwd="/",
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            except BaseException:
                self._control.close()
                remove(folder)
                raise
            theirs.close()
            try:
                self.hello = self._wait_until_warm(on_progress)
            except ZygoteGone as error:
                self.close()
                output.seek(0)
                said = output.read().decode("utf-8", "replace").strip()[-2000:]
                raise ConfinementUnavailable(
                    f"the sandbox could not start: {said or error}",
                    remedy="schillinger doctor says what this machine offers",
                ) from error
            except BaseException:
                self.close()
                raise

    @property
    def alive(self) -> bool:
        """Whether it can still fork."""
        return not self._gone and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def spawn(self, *, log: Log, readable: list[str], writable: list[str], limits: Limits) -> Worker:
        """Fork a worker, confined to a scratch folder of its own and the folders `readable` and `writable`.

        Raises
        ------
        ZygoteGone
            If it doesn't answer.
        """
        with contextlib.ExitStack() as undo:
            scratch = self._folder / f"worker-{next(self._numbers)}"
            scratch.mkdir(mode=0o700)
            undo.callback(remove, scratch)
            channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            undo.callback(channel.close)
            box = Segment(BOX_BYTES, writable=True)
            undo.callback(box.close)
            with theirs, contextlib.ExitStack() as handed_over:
                readers, writers = [], []
                for _ in range(2):
                    reader, writer = os.pipe2(os.O_CLOEXEC)
                    readers.append(reader)
                    writers.append(writer)
                    undo.callback(os.close, reader)
                    handed_over.callback(os.close, writer)
                request = frames.Spawn(
                    str(scratch),
                    readable,
                    writable,
                    int(limits.memory_mb * _MB),
                    int(limits.file_size_mb * _MB),
                    limits.open_files,
                )
                answer = self._ask(request, [theirs.fileno(), *writers, box.descriptor])
            if not isinstance(answer, frames.Spawned):
                raise ZygoteGone(f"{type(answer).__name__} instead of Spawned")
            if answer.pid <= 0:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            undo.callback(self._end_unheld, answer.pid)
            worker = Worker(
                reap=self.reap,
                watchdog=self._watchdog,
                pid=answer.pid,
                pidfd=self._pidfd(answer.pid),
                channel=channel,
                box=box,
                log=log,
                pipes={readers[0]: log.drain, readers[1]: log.trace.drain},
                scratch=scratch,
                limits=limits,
            )
            undo.pop_all()
        try:
            self._watchdog.add(worker)
        except BaseException:
            worker.end()
            raise
        return worker

    def reap(self, pid: int) -> int | None:
        """Wait for a killed worker; how it ended, or None if the zygote is gone and init reaps it."""
        try:
            answer = self._ask(frames.Reap(pid), [])
        except ZygoteGone:
            return None
        return answer.exit_code if isinstance(answer, frames.Reaped) else None

    def _pidfd(self, pid: int) -> int:
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError as error:
            raise ZygoteGone("it ended, and its worker with it") from error
        if not self.alive:  # then nobody has kept the number for its worker: it may be another process's by now
            os.close(pidfd)
            raise ZygoteGone("it ended")
        return pidfd

    def _end_unheld(self, pid: int) -> None:
        """End a worker that could not be taken over. Until it is reaped, nothing else has its number."""
        if self.alive:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            self.reap(pid)

    def close(self) -> None:
        """End it, and with it every worker it forked."""
        if os.getpid() != self._host:  # a fork of the host must leave it alone
            return
        self._gone = True
        with contextlib.suppress(OSError):
            self._control.send(frames.encode(frames.Leave()), socket.MSG_DONTWAIT)
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # whoever waits for an answer in another thread is told at once
        with self._lock:  # and must have left: the number of a closed descriptor may be another one's by then
            self._control.close()
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        remove(self._folder)

    def _wait_until_warm(self, on_progress: Callable[[float, str], None] | None) -> frames.Hello:
        self._control.settimeout(_WARMING_DEADLINE_S)
        while True:
            with interrupts.opened():
                frame = self._receive()
            if isinstance(frame, frames.Hello):
                self._control.settimeout(_ANSWER_DEADLINE_S)
                return frame
            if isinstance(frame, frames.Warming) and on_progress is not None:
                on_progress(frame.fraction, frame.message)

    def _ask(self, request: frames.Spawn | frames.Reap, descriptors: list[int]) -> frames.Frame:
        with self._lock:
            if self._gone:
                raise ZygoteGone("it was closed")
            try:
                socket.send_fds(self._control, [frames.encode(request)], descriptors)
                return self._receive()
            except (OSError, ZygoteGone) as error:
                self._gone = True
                raise ZygoteGone(str(error)) from error
            except BaseException:
                # Interrupts are held meanwhile; whatever else broke in, the answer that comes now belongs to nobody.
                self._gone = True
                raise

    def _receive(self) -> frames.Frame:
        try:
            data = self._control.recv(frames.MAX_FRAME_BYTES)
        except OSError as error:
            raise ZygoteGone(str(error)) from error
        if not data:
            raise ZygoteGone("it ended")
        try:
            return frames.decode_from_zygote(data)
        except PluginError as error:
            raise ZygoteGone(str(error)) from error


def _pair() -> tuple[socket.socket, socket.socket]:
    """A control socket for each side. Where standard input is closed, its number must not be taken: it is redirected."""
    with contextlib.ExitStack() as low:
        while True:
            pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            if all(end.fileno() > _HIGHEST_STANDARD for end in pair):
                return pair
            for end in pair:
                low.enter_context(end)


def cache_dir() -> Path:
    """Where numba keeps what it compiled for the zygote; workers can neither see nor write it."""
    import platformdirs

    path = Path(platformdirs.user_cache_dir("schillinger")) / "numba"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "NUMBA_CACHE_DIR": str(cache_dir()),
        **one_thread,
        **passed_on,
    }


def _package() -> str:
    """Where this package lies: the zygote takes the same one, whichever else is installed, and nothing else from there."""
    return str(Path(__file__).resolve().parents[2])


def _roots() -> list[str]:
    """Where the libraries lie: not only in site-packages (``pip install --user``, a ``.pth`` file)."""
    roots = set()
    for name in _LIBRARIES:
        spec = importlib.util.find_spec(name)  # looks for it without importing it
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin).resolve()
            roots.add(str(origin.parents[1] if spec.submodule_search_locations else origin.parent))
    return sorted(roots)
