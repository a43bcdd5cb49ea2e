"""The workers of one instance, one after the other, and the state that each leaves to the next.

Owns which worker serves, how one is started and ended, and what of the plugin's state is kept meanwhile. Whoever calls has
the instance's turn: no two do at a time. Called by ``instance``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import LimitExceeded, PluginError
from .fetching import Fetcher
from .loaded import LoadedPlugin
from .protocol import values
from .protocol.frames import Body
from .sandbox import asynchronous, blocking, conversation
from .sandbox.limits import Limits
from .sandbox.log import Log
from .sandbox.sandbox import Sandbox
from .sandbox.steps import Conversation, OnProgress
from .sandbox.usage import usage_of
from .sandbox.worker import Worker

_TRIES = 2
"""Workers that may end while they take a state, before it is given up."""


@dataclass(slots=True)
class _KeptState:
    """What a worker left to the next one, which code it belongs to, and how many workers ended while they took it."""

    value: Any
    content_hash: str
    failures: int = 0


class Succession:
    """One worker after the other.

    Attributes
    ----------
    plugin : LoadedPlugin
        What the next worker runs.
    worker : Worker or None
        The one that serves, alive or not.
    """

    def __init__(
        self,
        plugin: LoadedPlugin,
        *,
        instance_id: str,
        config: Mapping[str, Any],
        sandbox: Sandbox,
        log: Log,
        worker: Worker | None,
    ) -> None:
        self.plugin = plugin
        self.worker = worker
        self._instance_id = instance_id
        self._config = config
        self._sandbox = sandbox
        self._log = log
        self._kept: _KeptState | None = None
        self._former: tuple[LoadedPlugin, _KeptState | None] | None = None
        self._restoring = False

    def follow(self, limits: Limits, on_progress: OnProgress | None) -> Worker:
        """A new worker in the place of the one there was, with its state.

        Raises
        ------
        PluginError
            If the plugin doesn't start.
        """
        worker = self._successor(limits, on_progress)
        try:
            blocking.drive(self._awaken(worker), worker, worker.limits.starting)
        except BaseException as error:
            self._not_begun(worker, error)
            raise
        self.worker = worker
        return worker

    async def follow_async(self, limits: Limits, on_progress: OnProgress | None) -> Worker:
        """`follow`, without blocking the event loop. If the task is cancelled, what was made is ended."""
        making = asyncio.get_running_loop().run_in_executor(None, self._successor, limits, on_progress)
        try:
            worker = await asyncio.shield(making)
        except asyncio.CancelledError:
            while not making.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([making])
            if not making.cancelled() and making.exception() is None:
                making.result().end()
            raise
        try:
            await asynchronous.drive(self._awaken(worker), worker, worker.limits.starting)
        except BaseException as error:
            self._not_begun(worker, error)
            raise
        self.worker = worker
        return worker

    def retire(self) -> None:
        """End the worker, if there is one, and keep its state."""
        self._kept, self._former = self._state(), None
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.stop()

    def become(self, plugin: LoadedPlugin, ready: Worker | None) -> dict[str, str]:
        """As `Instance.become`: the old worker ends once the new one has the state, and goes on if anything fails."""
        old, left_to = self.worker, (self.plugin, self._state())
        # Taken back: with what it had before, not with what became of it meanwhile.
        self._kept = left_to[1] if self._former is None or self._former[0] is not plugin else self._former[1]
        if old is None and ready is None:
            self.plugin = plugin
            return {}
        worker = ready or self._spawn(plugin, plugin.limits, None)
        try:
            left = blocking.drive(self._become(worker, plugin), worker, worker.limits.starting)
        except BaseException:
            worker.end()
            raise
        if ready is not None:
            worker.write_into(self._log)
            worker.on_fetch = Fetcher(plugin, self._log)
        self.worker, self.plugin, self._former = worker, plugin, left_to
        if old is not None:
            self._sandbox.retire(old)
        return left

    def give_up(self, deadline_s: float) -> None:
        """Let the plugin clean up and end the worker for good."""
        worker, self.worker = self.worker, None
        if worker is not None:
            worker.stop(deadline_s)

    def collect(self) -> int:
        """Have the worker collect garbage; by how many bytes its memory has become smaller."""
        worker = self.worker
        if worker is None or not worker.alive or not worker.ready:
            return 0
        plugin = self.plugin
        asked = conversation.call(
            worker, {}, {}, plugin_id=plugin.plugin_id, seed=None, limits=plugin.limits, method="collect"
        )
        try:
            before = usage_of(worker.pid).private_bytes
            conversation.discard(blocking.drive(asked, worker, worker.limits.starting))
            return max(0, before - usage_of(worker.pid).private_bytes)
        except (PluginError, OSError) as error:
            self._log.say(f"it could not collect garbage: {error}")
            return 0

    def _successor(self, limits: Limits, on_progress: OnProgress | None) -> Worker:
        """A new worker that has yet to be started; the state of the one there was is kept for it."""
        if self.worker is not None:
            self.retire()
        return self._spawn(self.plugin, limits, on_progress)

    def _spawn(self, plugin: LoadedPlugin, limits: Limits, on_progress: OnProgress | None) -> Worker:
        return plugin.spawn(
            self._sandbox, self._log, limits=limits, on_fetch=Fetcher(plugin, self._log), on_progress=on_progress
        )

    def _not_begun(self, worker: Worker, error: BaseException) -> None:
        worker.end()
        if not self._restoring or self._kept is None or not isinstance(error, PluginError):
            return
        # It ended over its state. A crash may be an accident, once; a set_state() that doesn't end in time is none.
        self._kept.failures += 1
        if isinstance(error, LimitExceeded) or self._kept.failures >= _TRIES:
            self._kept = None
            self._log.say(f"it goes on without its state, over which it ended: {error}")

    def _awaken(self, worker: Worker) -> Conversation[None]:
        """The plugin started, and given back its state. A state it doesn't take any more is no reason to fail for ever."""
        self._restoring = False
        yield from self.plugin.start(worker, self._instance_id, self._config)
        if self._kept is None:
            return
        self._restoring = True
        same_code = self._kept.content_hash == self.plugin.content_hash
        try:
            left = yield from conversation.restore(
                worker, self._kept.value, plugin_id=self.plugin.plugin_id, same_code=same_code
            )
        except PluginError as error:
            if worker.busy:
                raise
            self._log.say(f"it goes on without its state, which it refused: {error}")
            left = {}
        for name, reason in left.items():
            self._log.say(f"of its state, {name} was left: {reason}")

    def _become(self, worker: Worker, plugin: LoadedPlugin) -> Conversation[dict[str, str]]:
        if not worker.ready:
            yield from plugin.start(worker, self._instance_id, self._config)
        if self._kept is None:
            return {}
        same_code = self._kept.content_hash == plugin.content_hash
        left = yield from conversation.restore(
            worker, self._kept.value, plugin_id=plugin.plugin_id, same_code=same_code
        )
        return left

    def _state(self) -> _KeptState | None:
        """The state as it is now: asked of a worker that lives, what a dead one told last, what was kept before."""
        worker = self.worker
        if worker is None:
            return self._kept
        if worker.alive and worker.ready:
            try:
                saved = conversation.save(worker, plugin_id=self.plugin.plugin_id, limits=self.plugin.limits)
                value = blocking.drive(saved, worker, worker.limits.starting)
            except PluginError as error:
                self._log.say(f"its state could not be saved: {error}")
            else:
                return None if value is None else _KeptState(value, self.plugin.content_hash)
        if worker.state:
            try:
                return _KeptState(values.unpack(Body(worker.state), None, copy=True), self.plugin.content_hash)
            except PluginError as error:  # only a forger sends such a thing; its instance stays usable even so
                self._log.say(f"its state is none: {error}")
        return self._kept
