"""The door to the sandbox: where workers come from.

Owns the zygotes (one for each profile, started when first needed, started again when one has died), the watchdog, the
folder of scratch folders and the self-test. Called by the manager.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from ..errors import ConfinementUnavailable, PluginError
from ..scratch import remove
from . import blocking, conversation, interrupts, leftovers, level, snapshot
from .limits import Limits
from .log import Log
from .scarcity import scarcity
from .watchdog import Watchdog
from .worker import Worker
from .zygote import Zygote, ZygoteGone

Profile = Literal["base", "audio"]
OnProgress = Callable[[float, str], None]

_PROBE_ID = "__probe__"


class Sandbox:
    """Starts confined workers.

    Parameters
    ----------
    total_memory_mb : float
        What all workers together may use; beyond that the largest is ended.

    Nothing is started before the first worker is needed. `close` ends everything; it is also run when the object is
    collected or the interpreter exits, and the kernel ends it all if this process is killed.
    """

    def __init__(self, *, total_memory_mb: float) -> None:
        self._total_memory_mb = total_memory_mb
        self._process = os.getpid()
        self._watchdog: Watchdog | None = None
        self._zygotes: dict[Profile, Zygote] = {}
        self._reports: dict[Profile, level.Report] = {}
        self._lock = threading.RLock()
        self._closed = False
        self._made_folder: Path | None = None
        self._finalizer: weakref.finalize[[Path, int, int], Sandbox] | None = None

    @property
    def _folder(self) -> Path:
        """Where everything lies that is removed at the end. Made late: before there is a zygote, nobody would remove it."""
        with self._lock, scarcity("making a scratch folder"):
            if self._made_folder is None:
                leftovers.sweep()
                self._made_folder, mark = leftovers.make_folder()
                self._finalizer = weakref.finalize(self, _remove_own, self._made_folder, mark, self._process)
            return self._made_folder

    @property
    def is_own(self) -> bool:
        """Whether this process made it, rather than being a fork of the one that did."""
        return os.getpid() == self._process

    def demand_own_process(self) -> None:
        """Refuse to go on in a fork of the process that made it: two would read from the same channels.

        Raises
        ------
        PluginError
            In a forked process.
        """
        if not self.is_own:
            raise PluginError(
                "this manager belongs to the process that made it, and this one is its fork",
                remedy="make a PluginManager of its own in the forked process",
            )

    def spawn(
        self,
        *,
        profile: Profile,
        log: Log,
        limits: Limits,
        readable: Iterable[Path],
        writable: Iterable[Path] = (),
        on_progress: OnProgress | None = None,
    ) -> Worker:
        """A new confined worker.

        Parameters
        ----------
        readable, writable : iterable of Path
            Folders it may read beside Python's own, and write beside its scratch folder; no part of them may be a link.
        on_progress : callable, optional
            Told what is prepared if a zygote must be started first.

        Raises
        ------
        ConfinementUnavailable
            If no zygote can be started.
        """
        for _ in range(2):  # a zygote may die between the look and the question: then once more with a new one
            zygote = self.zygote(profile, on_progress=on_progress)
            with contextlib.suppress(ZygoteGone), interrupts.held(), scarcity("starting a worker"):
                return zygote.spawn(
                    log=log,
                    readable=[str(path) for path in readable],
                    writable=[str(path) for path in writable],
                    limits=limits,
                )
        raise ConfinementUnavailable("the sandbox ends whenever it is asked for a worker", remedy="schillinger doctor")

    def zygote(self, profile: Profile, *, on_progress: OnProgress | None = None) -> Zygote:
        """The warm zygote of a profile, started if need be."""
        with interrupts.held(), self._lock, scarcity("starting the sandbox"):
            if self._closed:
                raise PluginError("this manager is closed", remedy="make another PluginManager")
            zygote = self._zygotes.get(profile)
            if zygote is None or not zygote.alive:
                if zygote is not None:
                    zygote.close()
                if self._watchdog is None:
                    self._watchdog = Watchdog(total_memory_mb=self._total_memory_mb)
                folder = Path(tempfile.mkdtemp(prefix=f"{profile}-", dir=self._folder))
                zygote = Zygote(
                    profile,
                    folder=folder,
                    left_behind=self._folder,
                    watchdog=self._watchdog,
                    on_progress=on_progress,
                )
                self._zygotes[profile] = zygote
            return zygote

    def report(self, profile: Profile = "base", *, on_progress: OnProgress | None = None) -> level.Report:
        """What protects on this machine, as a probe in a confined worker found it. Found once."""
        report = self._reports.get(profile)
        if report is None:
            report = self._reports[profile] = self._probe(profile, on_progress)
        return report

    def keep(self, root: Path) -> Path:
        """A private copy of a plugin's folder, for workers to run.

        Raises
        ------
        LoadError
            If the folder can't be copied.
        """
        with scarcity("copying a plugin"):
            copy = Path(tempfile.mkdtemp(prefix="code-", dir=self._folder)) / root.name
            try:
                snapshot.copy(root, copy)
            except BaseException:
                self.forget(copy)
                raise
            return copy

    def new_file(self) -> tuple[int, Path]:
        """An empty file, and a descriptor that writes it. Whoever asks closes and removes it.

        It lies where everything is removed at the end, also if this process is killed.
        """
        with scarcity("making a file"):
            descriptor, name = tempfile.mkstemp(prefix="file-", dir=self._folder)
        return descriptor, Path(name)

    def retire(self, worker: Worker) -> None:
        """Let a worker clean up and end, without waiting for it: another one serves already."""
        threading.Thread(target=worker.stop, name="schillinger-retire", daemon=True).start()

    def forget(self, copy: Path) -> None:
        """Remove such a copy."""
        remove(copy.parent)

    def flush(self) -> None:
        """Read what workers have printed and traced until now."""
        if self._watchdog is not None:
            self._watchdog.flush()

    @property
    def running(self) -> list[Profile]:
        """The profiles whose zygote is warm."""
        return [profile for profile, zygote in self._zygotes.items() if zygote.alive]

    def close(self) -> None:
        """End the zygotes, which end their workers, and remove every scratch folder."""
        if not self.is_own:  # a fork ends, and its parent goes on
            return
        with interrupts.held(), self._lock:
            self._closed = True
            for zygote in self._zygotes.values():
                zygote.close()
            self._zygotes.clear()
            if self._watchdog is not None:
                self._watchdog.close()
                self._watchdog = None
            if self._finalizer is not None:
                self._finalizer()

    def _probe(self, profile: Profile, on_progress: OnProgress | None) -> level.Report:
        hello = self.zygote(profile, on_progress=on_progress).hello
        canary = Path(tempfile.mkdtemp(prefix="canary-", dir=self._folder))
        (canary / "secret").write_text("a plugin must not read this")
        try:
            log = Log(_PROBE_ID, _PROBE_ID)
            worker = self.spawn(profile=profile, log=log, limits=Limits(), readable=[])
            try:
                probed = blocking.drive(
                    conversation.start(
                        worker,
                        plugin_id=_PROBE_ID,
                        instance_id=_PROBE_ID,
                        root=str(canary),
                        main_file="",
                        plugin_type="",
                        config={},
                        readable=[],
                        writable=[],
                        spare_core=False,
                    ),
                    worker,
                    worker.limits.starting,
                )
            except PluginError as error:
                said = "; ".join(line.text for line in log.lines())
                raise ConfinementUnavailable(
                    f"the self-test of the sandbox failed: {error.message} {said}".strip(),
                    remedy="report it with the output of schillinger doctor",
                ) from error
            finally:
                worker.end()
        finally:
            remove(canary)
        return level.judge(
            landlock_abi=hello.landlock_abi,
            seccomp=hello.seccomp,
            missing=hello.missing,
            probed=probed if isinstance(probed, dict) else {},
        )


def _remove_own(folder: Path, mark: int, process: int) -> None:
    if os.getpid() == process:
        remove(folder)
        os.close(mark)
