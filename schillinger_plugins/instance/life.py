"""The life of an instance: begun, put to sleep, given new code, ended.

Owns what lives from call to call (the turn, the succession of workers, the tally) and what may be known of it. A life is
changed between two calls, never within one. Base of `Instance`, which owns the calls.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..behalf import current
from ..call import ReadAudio
from ..definition import NodeDefinition
from ..errors import Busy, InputError, UnknownPlugin
from ..events import Events
from ..loaded import LoadedPlugin
from ..recorder import Recorder
from ..sandbox import interrupts
from ..sandbox.log import Log
from ..sandbox.sandbox import Sandbox
from ..sandbox.steps import OnProgress
from ..sandbox.turnstile import Turnstile
from ..sandbox.usage import usage_of
from ..sandbox.worker import Worker
from ..schema.secrecy import told_secrets
from ..succession import Succession
from ..tally import InstanceStats, Pace, Tally

QUEUE_PLACES = 64
"""Calls of one instance that may wait for their turn."""

_ENDING_S = 2.0
"""How long a call may take to end whose instance is destroyed."""


class Life:
    """What an instance is between its calls.

    Attributes
    ----------
    id : str
    user : str
        In whose name it was made; empty: in that of whoever runs this process.
    config : dict
    log : Log
        What it printed, and the trace of what it did.
    events : Events
        Of its manager.
    read_audio : ReadAudio
        Its manager's way to decode the files that are given as inputs.
    """

    def __init__(
        self,
        plugin: LoadedPlugin,
        *,
        instance_id: str,
        config: Mapping[str, Any],
        sandbox: Sandbox,
        read_audio: ReadAudio,
        events: Events,
        recorder: Recorder,
        worker: Worker | None = None,
    ) -> None:
        self.id = instance_id
        self.user = current().user
        self.config = dict(config)
        self.log = worker.log if worker is not None else Log(plugin.plugin_id, instance_id)
        self.log.instance_id = instance_id
        self.log.version, self.log.user = plugin.manifest.metadata.version, self.user
        self.log.secrets = told_secrets(config, plugin.manifest.config_schema)
        self.used_s = time.monotonic()
        self.events = events
        self._tally = Tally(plugin.plugin_id, instance_id, user=self.user, events=events, log=self.log)
        self._recorder = recorder
        self._sandbox = sandbox
        self.read_audio = read_audio
        self._succession = Succession(
            plugin, instance_id=instance_id, config=self.config, sandbox=sandbox, log=self.log, worker=worker
        )
        self._turnstile = Turnstile(QUEUE_PLACES, plugin_id=plugin.plugin_id, instance_id=instance_id)
        self._destroyed = False
        self._collected_after = -1
        self._streaming = threading.Lock()

    @property
    def plugin(self) -> LoadedPlugin:
        """Whose code the next call runs: another one after the plugin was reloaded."""
        return self._succession.plugin

    @property
    def _worker(self) -> Worker | None:
        return self._succession.worker

    @property
    def plugin_id(self) -> str:
        """The id of its plugin."""
        return self.plugin.plugin_id

    @property
    def definition(self) -> NodeDefinition:
        """The definition of its plugin's node."""
        return self.plugin.definition

    @property
    def stats(self) -> InstanceStats:
        """What it has done so far, as it is now."""
        return replace(self._tally.stats)

    @property
    def state(self) -> str:
        """destroyed, running, ready (its worker waits) or resting (a worker is started at the next call)."""
        if self._destroyed:
            return "destroyed"
        worker = self._worker
        if worker is None or not worker.alive:
            return "resting"
        return "running" if worker.watched is not None else "ready"

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._turnstile.waiting

    @property
    def memory_bytes(self) -> int:
        """Private memory of its worker, beyond what every worker has."""
        worker = self._worker
        return worker.memory_bytes if worker is not None and worker.alive else 0

    def measured_memory_bytes(self) -> int:
        """Private memory of its worker as it is now, what every worker has included; `memory_bytes` is up to 0.25 s old."""
        worker = self._worker
        try:
            return usage_of(worker.pid).private_bytes if worker is not None and worker.alive else 0
        except OSError:  # it has ended meanwhile
            return 0

    @property
    def peak_memory_bytes(self) -> int:
        """The most that any of its workers used."""
        worker, before = self._worker, self._tally.stats.peak_memory_bytes
        return max(before, worker.peak_memory_bytes) if worker is not None else before

    @property
    def pace(self) -> Pace:
        """How fast it has been of late."""
        return self._tally.pace

    @property
    def cpu_s(self) -> float:
        """CPU time of its worker so far; that of a new worker begins at 0."""
        worker = self._worker
        try:
            return worker.cpu_s() if worker is not None and worker.alive else 0.0
        except OSError:  # it has ended meanwhile
            return 0.0

    @property
    def growth_bytes_per_call(self) -> float:
        """How much its worker's memory grows with each call, over a window; 0 until enough was seen."""
        worker = self._worker
        return worker.growth.bytes_per_call if worker is not None else 0.0

    @property
    def leaks(self) -> bool:
        """Whether its worker's memory has grown steadily by more than 16 MB over the window."""
        worker = self._worker
        return worker is not None and worker.leaks

    def __repr__(self) -> str:
        return f"<Instance {self.id} of {self.plugin_id}, {self.state}, {self._tally.stats.calls} calls>"

    def start(self, *, on_progress: OnProgress | None = None) -> None:
        """Start a worker and have it initialize the plugin, unless one is ready.

        Raises
        ------
        PluginError
            If the plugin's code, `initialize` included, fails.
        """
        with interrupts.held():
            self._turnstile.enter()
            try:
                if self._worker is None or not self._worker.alive:
                    self._succession.follow(self.plugin.limits, on_progress)
                    self._begun()
            finally:
                self._leave()

    def rest(self) -> None:
        """End the worker and keep the state; the next call starts a new one with it."""
        with interrupts.held():
            self._turnstile.enter()
            try:
                self._retire(is_idle=False)
            finally:
                self._leave()

    def rest_if_idle(self, idle_s: float) -> bool:
        """`rest`, if nobody has called it for that long and nobody does; whether it was put to sleep."""
        if self._worker is None or time.monotonic() - self.used_s < idle_s:
            return False
        with interrupts.held():
            if not self._turnstile.try_enter():
                return False
            try:
                # Looked at again, now that nobody can call it: a call may have come and gone since.
                if self._worker is None or self._destroyed or time.monotonic() - self.used_s < idle_s:
                    return False
                self._retire(is_idle=True)
                return True
            finally:
                self._leave()

    def collect_if_idle(self, idle_s: float) -> bool:
        """Have its worker collect garbage, once after its last call, if that is so long ago; whether it did."""
        worker = self._worker
        if worker is None or worker.turns == self._collected_after or time.monotonic() - self.used_s < idle_s:
            return False
        if self._streaming.locked():  # the next block must not be late
            return False
        with interrupts.held():
            if not self._turnstile.try_enter():
                return False
            used_s = self.used_s  # what the caretaker does is no use: it is to fall asleep in its time
            try:
                if self._worker is not worker or self._destroyed:
                    return False
                self._tally.collected(self._succession.collect())
                self._collected_after = worker.turns
                return True
            finally:
                self._leave(used_s)

    def become(self, plugin: LoadedPlugin, ready: Worker | None = None) -> dict[str, str]:
        """Go on with another version of the plugin; a running call ends on the old one first.

        A worker with the new code is started and given the state before the old one is ended.

        Parameters
        ----------
        ready : Worker, optional
            One that has started the new code with this instance's configuration already.

        Returns
        -------
        dict
            What of the state didn't fit, with the reason.

        Raises
        ------
        PluginError
            If the new code doesn't start with this instance's configuration, or refuses its state. The instance goes on with
            the old one.
        """
        with interrupts.held():
            self._turnstile.enter(first=True)
            try:
                left = self._succession.become(plugin, ready)
                self.log.version = plugin.manifest.metadata.version
                self._tally.new_worker()
                return left
            finally:
                self._leave()

    def destroy(self, *, deadline_s: float = 1.0) -> None:
        """Let the plugin clean up and end its worker for good. A running call is ended, and raises UnknownPlugin."""
        if not self._sandbox.is_own:
            return
        with interrupts.held():
            self._destroyed = True
            if not self._turnstile.try_enter():
                worker = self._worker
                if worker is not None:
                    worker.kill(self._gone())
                try:
                    if not self._turnstile.enter(timeout_s=_ENDING_S, first=True):
                        return  # who has the turn ends the worker when he leaves
                except InputError:  # this very thread has it
                    return
            try:
                self._succession.give_up(deadline_s)
            finally:
                self._leave()

    def _in_use(self) -> None:
        if self._destroyed:
            raise self._gone()
        if self._streaming.locked():
            raise self._is_streaming()
        self._sandbox.demand_own_process()

    def _begun(self) -> None:
        self._tally.new_worker()
        self._collected_after = -1
        if self._destroyed:  # meanwhile
            raise self._gone()

    def _retire(self, *, is_idle: bool) -> None:
        given_back, was_awake = self.memory_bytes, self._worker is not None
        self._succession.retire()
        if was_awake:
            self._tally.slept(given_back, is_idle=is_idle)

    def _leave(self, used_s: float | None = None) -> None:
        try:
            if self._destroyed:
                self._succession.give_up(0.0)
        finally:
            self.used_s = time.monotonic() if used_s is None else used_s
            self._turnstile.leave()

    def _is_streaming(self) -> Busy:
        return Busy("it is streaming", plugin_id=self.plugin_id, remedy="close the stream, or create another instance")

    def _gone(self) -> UnknownPlugin:
        return UnknownPlugin(f"the instance {self.id} has been destroyed", remedy="create another one")
