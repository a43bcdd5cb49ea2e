"""A run of a flow, in a thread of its own.

Owns the way of a node: its inputs gathered, the cache asked, its instance called, the result kept. The thread has an event
loop, on which the calls of all nodes wait; who began the run may wait, too, or go on, and cancels it from any thread. Made
by `Flow.start`.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..behalf import acting, current
from ..errors import InputError, PluginError, UnknownPlugin
from ..instance import Instance
from ..result import Result
from ..sandbox.scarcity import scarcity
from ..sandbox.steps import OnProgress
from ..schema.strict import show
from ..types import Audio
from .cache import Cache, content_digest, handed_out, key_of, may_be_kept, size_of
from .events import FlowEvent, FlowEvents, NodeState
from .flow_files import FlowFiles
from .graph import Node
from .host import Host
from .instances import Instances
from .plan import Plan, Source
from .progress import Progress
from .record import record_of
from .run import FlowRun
from .schedule import Outcome, carry_out

_log = logging.getLogger(__name__)


class Running:
    """A run that has begun.

    Examples
    --------
    >>> running = flow.start()  # doctest: +SKIP
    >>> running.cancel()  # doctest: +SKIP
    >>> running.wait().cancelled  # doctest: +SKIP
    True
    """

    def __init__(
        self,
        plan: Plan,
        *,
        name: str,
        host: Host,
        instances: Instances,
        files: FlowFiles,
        cache: Cache,
        events: FlowEvents,
        document: dict[str, Any],
        concurrency: int,
        anew: bool,
        on_progress: OnProgress | None,
        took_s: Mapping[str, float],
        refused: Mapping[str, PluginError],
        signatures: Mapping[str, str],
        on_end: Callable[[Running], None],
    ) -> None:
        self.plan = plan
        self._name = name
        self._host = host
        self._instances = instances
        self._files = files
        self._cache = cache
        self._events = events
        self._document = document
        self._concurrency = concurrency
        self._anew = anew
        self._refused = refused
        self.signatures = signatures
        self._on_end = on_end
        self._outcome = Outcome()
        self._results: dict[str, Result] = {}
        self._digests: dict[Source, str | None] = {}
        self._audio: dict[str, asyncio.Future[Audio]] = {}
        self._began_s: dict[str, float] = {}
        self._progress = Progress(plan.nodes, events, on_progress, took_s)
        self._started_s = time.monotonic()
        self._started_at_s = time.time()
        behalf = current()  # who asked for an awaited run has been told what it is called
        self._behalf = behalf if behalf.is_awaited else behalf.within(host.recorder.new_run())
        self._ended = threading.Event()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self.outcome: FlowRun | None = None
        context = contextvars.copy_context()  # tells a kernel which cell an output of a subscriber belongs to
        self._thread = threading.Thread(target=context.run, args=(self._main,), name="schillinger-flow", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._events.emit(FlowEvent(kind="begun"))
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._ended.is_set()

    @property
    def states(self) -> dict[str, NodeState]:
        """How it stands with each node now."""
        return dict(self._outcome.states)

    def result(self, name: str) -> Result | None:
        """What a node has given, as soon as it has."""
        return self._results.get(name)

    def cancel(self) -> None:
        """End it: what is under way is asked to stop, then killed; what wasn't begun never is. Returns at once."""
        self._cancelled.set()
        with self._lock:
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)

    def wait(self, timeout_s: float | None = None) -> FlowRun:
        """Wait for its end.

        Raises
        ------
        TimeoutError
            If it isn't over by then.
        """
        if not self._ended.wait(timeout_s):
            raise TimeoutError(f"the flow is still running after {timeout_s} s")
        assert self.outcome is not None
        return self.outcome

    def _main(self) -> None:
        with acting(self._behalf):
            self._run()

    def _run(self) -> None:
        work = self._carry_out()
        try:
            with scarcity("running a flow"):
                asyncio.run(work)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            _log.exception("a run of a flow broke off")
            self._break_off(error)
        finally:
            work.close()  # it may not have begun
            with self._lock:
                self._loop = self._task = None
            wall_s = time.monotonic() - self._started_s
            for name in self.plan.nodes:
                self._outcome.states.setdefault(name, "cancelled")
            self.outcome = FlowRun(
                {name: self._results[name] for name in self.plan.nodes if name in self._results},
                states={name: self._outcome.states[name] for name in self.plan.nodes},
                errors=self._outcome.errors,
                blocked=self._outcome.blocked_by,
                document=self._document,
                seed=self.plan.seed,
                wall_s=wall_s,
                cancelled="cancelled" in self._outcome.states.values(),
                run_id=self._behalf.run_id,
                signatures=self.signatures,
            )
            self._host.recorder.ended(record_of(self.outcome, name=self._name, started_at_s=self._started_at_s))
            self._on_end(self)
            self._events.emit(FlowEvent(kind="ended", progress=self._progress.fraction, wall_s=wall_s))
            self._ended.set()

    def _break_off(self, error: Exception) -> None:
        """What had no end yet has failed: nothing that is missing may look as if all were well."""
        if not isinstance(error, PluginError):
            error = PluginError(f"the run broke off: {error!r}"[:300], remedy="the log of this program says where")
        for name in self.plan.nodes:
            if name not in self._outcome.states:
                self._outcome.states[name], self._outcome.errors[name] = "failed", error
                self._tell(name, "failed", error)

    async def _carry_out(self) -> None:
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._cancelled.is_set():
                assert self._task is not None
                self._task.cancel()
        for name in self.plan.circling:
            message = "it waits for itself: its edges lead in a circle"
            self._events.emit(FlowEvent(kind="node", node=name, state="blocked", message=message))
        for name in self.plan.bypassed:
            self._events.emit(FlowEvent(kind="node", node=name, state="done", progress=1.0, message="bypassed"))
        await carry_out(
            self.plan.nodes,
            self.plan.needs,
            self._do,
            concurrency=self._concurrency,
            tell=self._tell,
            outcome=self._outcome,
        )

    def _tell(self, name: str, state: NodeState, note: str | PluginError) -> None:
        error = note if isinstance(note, PluginError) else None
        wall_s = None
        if state == "running":
            self._began_s[name] = time.monotonic()
        elif name in self._began_s:
            wall_s = time.monotonic() - self._began_s[name]
        self._events.emit(
            FlowEvent(
                kind="node",
                node=name,
                state=state,
                progress=1.0 if state in ("done", "cached") else 0.0,
                message=str(note),
                wall_s=wall_s,
                error=error,
            )
        )
        if state not in ("queued", "running"):
            self._progress.settled(name)

    async def _do(self, name: str) -> NodeState:
        if name in self._refused:
            raise self._refused[name]
        node = self.plan.graph.nodes[name]
        seed = seed_of(self.plan.seed, name)
        for last in (False, True):
            instance = await self._instance(node)
            inputs = await self._gather(node, instance)
            try:
                return await self._call(node, instance, inputs, seed)
            except UnknownPlugin:
                # Somebody else has ended the instance; another one can do it, once.
                if last or instance.state != "destroyed":
                    raise
        raise AssertionError

    async def _call(self, node: Node, instance: Instance, inputs: dict[str, Any], seed: int) -> NodeState:
        definition, name = instance.definition, node.id
        named = definition.renamed(node.parameters, plugin_id=node.plugin)
        parameters = named
        if definition.has_files:
            parameters = await asyncio.to_thread(self._files.contents, name, definition, named)
        key = await self._key(node, instance, parameters, seed)
        if key is not None and not self._anew:
            kept = self._cache.get(key)
            if kept is not None:
                self._results[name] = handed_out(kept)
                return "cached"

        def on_progress(fraction: float, message: str) -> None:
            self._progress.told(name, fraction, message)

        result = await instance.aexecute(inputs, parameters, seed=seed, on_progress=on_progress)
        if key is not None:
            # Asked again: it may have been reloaded while it waited for its turn.
            ran = await asyncio.to_thread(lambda: result.provenance.content_hash)
            if ran != instance.plugin.content_hash:
                key = None
            else:
                key = await self._key(node, instance, parameters, seed)
        self._results[name] = handed_out(result)
        if key is not None:
            self._cache.put(key, handed_out(result), size_of(dict(result)))
        await asyncio.to_thread(self._instances.calm, name)
        return "done"

    async def _instance(self, node: Node) -> Instance:
        make = partial(contextvars.copy_context().run, self._instances.of, node)
        making = asyncio.get_running_loop().run_in_executor(None, make)
        # What is begun is finished: the instance is the flow's, and it will be wanted again.
        return await asyncio.shield(making)

    async def _gather(self, node: Node, instance: Instance) -> dict[str, Any]:
        """What a node's inputs get."""
        gathered: dict[str, Any] = {}
        for name, source in self.plan.feeds[node.id].items():
            port = instance.definition.input(name)
            is_audio = port is not None and port.type == "audio"
            if source.node in self.plan.feeds:
                value = self._output_of(node, source)
                if is_audio and isinstance(value, (str, Path)):
                    raise InputError(
                        f"the output `{source.output}` of {source.node} gave {show(str(value))} where sound is needed",
                        plugin_id=node.plugin,
                        remedy="a plugin can't have the host read a file: name it in an input of the type audio",
                        path=f"$.inputs.{name}",
                    )
            else:
                value = self.plan.values.get(source.node)
                if isinstance(value, (str, Path)) and (is_audio or self._is_audio(source.node)):
                    value = await self._read(str(value), source)
                elif is_audio and isinstance(value, (tuple, list)) and len(value) == 2:
                    value = Audio(*value)
            if value is not None:
                gathered[name] = value
        return gathered

    def _output_of(self, node: Node, source: Source) -> Any:
        result = self._results[source.node]
        if source.output not in result:
            raise InputError(
                f"{source.node} gave no output `{source.output}`",
                plugin_id=node.plugin,
                remedy=f"it gave {', '.join(result)}"[:200],
            )
        return result[source.output]

    def _is_audio(self, node_id: str) -> bool:
        return self.plan.graph.nodes[node_id].data.get("type") == "audio"

    async def _read(self, path: str, source: Source) -> Audio:
        """A file, decoded once for all that need it."""
        reading = self._audio.get(path)
        if reading is None:
            reading = asyncio.ensure_future(asyncio.to_thread(self._read_now, path))
            self._audio[path] = reading
        try:
            return await asyncio.shield(reading)
        except PluginError as error:
            error.path = f"$.{source.node}"
            raise

    def _read_now(self, path: str) -> Audio:
        found = Path(path)
        try:
            about = found.stat()
            key = f"file {found.resolve()} {about.st_ino} {about.st_size} {about.st_mtime_ns}"
        except (OSError, ValueError):
            return self._host.read_audio(path)  # which says what is wrong
        audio: Audio | None = self._cache.get(key)
        if audio is None:
            audio = self._host.read_audio(path)
            self._cache.put(key, audio, size_of(audio))
        return audio

    async def _key(self, node: Node, instance: Instance, parameters: dict[str, Any], seed: int) -> str | None:
        plugin = instance.plugin
        if not may_be_kept(plugin.manifest):
            return None
        digests = {}
        for name, source in self.plan.feeds[node.id].items():
            digest = await self._digest(source)
            if digest is None:
                return None
            digests[name] = digest
        steps = {}
        for step in plugin.definition.steps:
            record = self._host.plugins.get(step.plugin, None)
            if record is None or record.manifest is None or not may_be_kept(record.manifest):
                return None
            steps[step.plugin] = await asyncio.to_thread(getattr, record, "content_hash")
        return key_of(
            plugin.plugin_id,
            plugin.content_hash,
            steps=steps,
            parameters=plugin.definition.check_parameters(parameters, plugin_id=plugin.plugin_id),
            config=instance.config,
            seed=seed,
            inputs=digests,
        )

    async def _digest(self, source: Source) -> str | None:
        if source not in self._digests:
            if source.node in self._results:
                value = self._results[source.node][source.output]
            else:
                value = self.plan.values.get(source.node)
                if isinstance(value, (str, Path)) and str(value) in self._audio:
                    value = await self._audio[str(value)]
            self._digests[source] = await asyncio.to_thread(content_digest, value)
        return self._digests[source]


def seed_of(seed: int, node_id: str) -> int:
    """The seed of a node: another one for each, the same for the same seed of the flow, wherever the node lies in it."""
    own = int.from_bytes(hashlib.sha256(node_id.encode()).digest()[:8], "little")
    return int(np.random.SeedSequence([seed, own]).generate_state(1, np.uint64)[0] >> np.uint64(1))
