"""Flow: plugins wired together, run as one.

Owns the one run that there may be at a time, and what a run leaves behind. `Editing` changes it: every change makes a new
revision, is told as an event, and is kept for a while as what a canvas may have grown from. `Keeping` takes it in and out.
Called by people, and by the widgets, which draw it.
"""

from __future__ import annotations

import os
import secrets
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from types import MappingProxyType, TracebackType
from typing import Any, Self

from ..definition import NodeDefinition
from ..errors import Busy, InputError, PluginError
from ..events import Event
from ..sandbox import interrupts
from ..sandbox.steps import OnProgress
from ..schema.strict import show
from .batch import CACHE_BYTES, Item, over, together
from .cache import DEFAULT_BYTES, Cache
from .document import MAX_SEED, Document
from .events import FlowEvent, FlowEvents
from .flow_files import FlowFiles
from .graph import Graph
from .hindrances import demand_none, given, hindrances
from .host import Host, known_definition
from .instances import Instances
from .keeping import Keeping
from .nodes import FlowNode
from .plan import Plan, make_plan
from .problems import Problem, Remedy, problems
from .record import refusal_told
from .run import FlowRun
from .running import Running
from .signature import Signing

_ENDING_S = 5.0
_ANY: Any = object()

Shown = Callable[[str], AbstractContextManager[Any]]


class Flow(Keeping):
    """Plugins, wired together.

    Parameters
    ----------
    host : PluginManager
    name : str
        What people call it.
    seed : int, optional
        0 to 2^53-1. Those of the nodes follow from it; chosen once and saved with the flow if not given.
    concurrency : int, optional
        Nodes that may run side by side; as many as there are processors if not given.
    cache_bytes : int
        How much of former results is kept.

    Attributes
    ----------
    events : FlowEvents
    revision : int
        Grows with each change.
    cache : Cache
    last : FlowRun or None
        The run that ended last.
    shown : callable or None
        What shows the progress of `run` where the user looks: called with a title, it gives a context manager whose value
        has ``update(fraction, message)``. Set by the magics; nothing is shown without it.

    Examples
    --------
    >>> flow = Flow(manager, name="study")  # doctest: +SKIP
    >>> song = flow.input("song", type="audio", value="song.flac")  # doctest: +SKIP
    >>> song >> flow.add("gain_node", gain_db=-6) >> flow.add("audio_analyzer")  # doctest: +SKIP
    >>> flow.run()["audio_analyzer"]["tempo_bpm"]  # doctest: +SKIP
    120.2
    """

    def __init__(
        self,
        host: Host,
        *,
        name: str = "flow",
        seed: int | None = None,
        concurrency: int | None = None,
        cache_bytes: int = DEFAULT_BYTES,
    ) -> None:
        self.host = host
        self.events = FlowEvents()
        self.cache = Cache(cache_bytes)
        self.instances = Instances(host)
        self.files = FlowFiles(host)
        self.last: FlowRun | None = None
        self.shown: Shown | None = None
        self.revision = 0
        self.concurrency = concurrency if concurrency is not None else os.cpu_count() or 1
        self._lock = threading.RLock()
        self._document = Document(about={"name": str(name), "seed": _checked_seed(seed)})
        self._values: dict[str, Any] = {}
        self._former: dict[int, Document] = {0: self._kept()}
        self._running: Running | None = None
        self._took_s: dict[str, float] = {}
        self._signing = Signing(host, self.files)
        self._undo = [host.events.subscribe(one, _teller(weakref.ref(self))) for one in _TOLD]
        self._finalizer = weakref.finalize(self, _end_later, self.instances, self._undo)
        self._finalizer.atexit = False  # the manager ends everything then

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self._document.about.get("name", "flow"))

    @name.setter
    def name(self, name: str) -> None:
        with self._changing():
            self._document.about["name"] = str(name)

    @property
    def seed(self) -> int:
        """Those of the nodes follow from it."""
        return int(self._document.about.get("seed", 0))

    @seed.setter
    def seed(self, seed: int) -> None:
        with self._changing():
            self._document.about["seed"] = _checked_seed(seed)

    @property
    def graph(self) -> Graph:
        """Nodes and edges as plain data; to be looked at, not changed."""
        return self._document.graph

    @property
    def nodes(self) -> Mapping[str, FlowNode]:
        """The nodes by id."""
        return MappingProxyType({name: FlowNode(self, name) for name in list(self.graph.nodes)})

    def definition(self, plugin_id: str) -> NodeDefinition | None:
        """What a plugin declares, if that is known; nothing is run to find out."""
        return known_definition(self.host, plugin_id)

    def problems(self) -> list[Problem]:
        """Everything that is wrong with it; empty if nothing is. Runs nothing."""
        with self._lock:
            graph, values = self.graph.copy(), self._given()
        return problems(graph, self.host, values, self.files)

    def signatures(self) -> dict[str, str]:
        """By node, what a result that were made now would be made of, in a word. Runs nothing."""
        with self._lock:
            graph, values, seed = self.graph.copy(), self._given(), self.seed
        return self._signing.of(make_plan(graph, self.definition, values, only=None, seed=seed))

    def mend(self, problem: Problem, fix: Remedy) -> None:
        """Do one of a problem's `fixes`. Those that need a person's consent (``grant``) are refused."""
        if fix.do == "use":
            self.use(problem.node, fix.plugin)
        elif fix.do == "disconnect":
            self.disconnect(problem.edge)
        elif fix.do == "reset":
            self[problem.node].reset(problem.port)
        else:
            raise InputError("a permission is granted by a person", remedy="%plugin permissions")

    def start(
        self,
        nodes: Iterable[FlowNode | str] | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        on_progress: OnProgress | None = None,
        seed: int | None = None,
        anew: bool = False,
        concurrency: int | None = None,
        strict: bool = False,
    ) -> Running:
        """Begin a run and go on. What is changed meanwhile counts for the next one.

        Parameters
        ----------
        nodes : iterable of FlowNode or str
            Only these and what leads to them.
        inputs : Mapping
            Values for input nodes, by their name, for this run.
        on_progress : callable
            Called with a fraction from 0 to 1 and a message, in the run's thread.
        seed : int
            Another than the flow's.
        anew : bool
            Whether what is in the cache is made again.
        concurrency : int
            Another than the flow's.
        strict : bool
            Whether problems are raised. If not, the nodes that have some fail, and the others run.

        Raises
        ------
        Busy
            If it is running already: wait for that run, or cancel it.
        InputError
            For an unknown node or input; if `strict`, also for the first problem.
        """
        with self._lock, self._refusal_told(seed):
            if self._running is not None and not self._running.ended:
                raise Busy("this flow is running already", remedy="wait for that run, or flow.cancel()")
            plan, refused = self._planned(nodes, inputs or {}, seed, strict)
            side_by_side = self.concurrency if concurrency is None else concurrency
            if side_by_side < 1:
                raise InputError(f"{side_by_side} nodes side by side", remedy="concurrency is at least 1")
            running = Running(
                plan,
                name=self.name,
                host=self.host,
                instances=self.instances,
                files=self.files,
                cache=self.cache,
                events=self.events,
                document=self.as_dict(),
                concurrency=side_by_side,
                anew=anew,
                on_progress=on_progress,
                took_s=dict(self._took_s),
                refused=refused,
                signatures=self._signing.of(plan, is_run=True),
                on_end=self._end_of_run,
            )
            self._running = running
        running.begin()
        return running

    def run(
        self,
        nodes: Iterable[FlowNode | str] | None = None,
        *,
        inputs: Mapping[str, Any] | None = None,
        on_progress: OnProgress | None = None,
        seed: int | None = None,
        anew: bool = False,
        concurrency: int | None = None,
        raises: bool = True,
        **named: Any,
    ) -> FlowRun:
        """Run it and wait for the results; Ctrl-C ends it.

        Parameters
        ----------
        raises : bool
            Whether problems and failures are raised. If not, they are in the run's ``failed``.
        **named
            Values for input nodes, by their name, as `inputs`. For the others see `start`.

        Raises
        ------
        InputError
            Before anything is run: a problem of the flow.
        FlowError
            If a node failed. The others that could be run have been; the error has their results.
        Busy
            If it is running already.
        KeyboardInterrupt
            After Ctrl-C has ended it.
        """
        shown = self.shown(self.name) if on_progress is None and self.shown is not None else nullcontext()
        # Held, so that no interrupt comes between beginning a run and waiting for it.
        with shown as progress, interrupts.held():
            running = self.start(
                nodes,
                inputs={**(inputs or {}), **named},
                on_progress=progress.update if progress is not None else on_progress,
                seed=seed,
                anew=anew,
                concurrency=concurrency,
                strict=raises,
            )
            try:
                with interrupts.opened():
                    run = running.wait()
            except BaseException:
                running.cancel()
                with suppress(TimeoutError):  # its workers are killed by their watchdog
                    running.wait(_ENDING_S)
                raise
        if raises:
            run.demand_success()
        return run

    def over(self, *, concurrency: int | None = None, **named: Iterable[Any]) -> Iterator[Item]:
        """Run it once for each of many inputs, several at a time.

        Parameters
        ----------
        concurrency : int
            Runs side by side, each with instances of its own; as many as the flow's if not given.
        **named
            For input nodes, by their name, a value for each run; of several names they go together, as many of each.

        Yields
        ------
        Item
            As each run ends, in no order; one that failed says of what, and the others go on.

        Raises
        ------
        InputError
            For an input that there is not, and a problem that every run would have.

        Examples
        --------
        >>> for item in flow.over(song=Path("music").glob("*.flac")):  # doctest: +SKIP
        ...     print(item.row())
        """
        if not named:
            raise InputError("many runs need an input", remedy="write flow.over(song=[…])")
        side_by_side = concurrency if concurrency is not None else self.concurrency
        if side_by_side < 1:
            raise InputError(f"{side_by_side} runs side by side", remedy="concurrency is at least 1")
        with self._lock, self._refusal_told(None):
            # Not a value: None would be read as none given. What is refused here would be refused in each run.
            given_all = given(self.graph, self._given(), dict.fromkeys(named, _ANY))
            plan = make_plan(self.graph, self.definition, given_all, only=None, seed=self.seed)
            demand_none(plan, hindrances(plan, self.host, self.files))
            data, values = self.as_dict(), dict(self._values)

        def copy() -> Flow:
            flow = Flow.from_dict(data, self.host, concurrency=1, cache_bytes=CACHE_BYTES)
            flow._values.update(values)
            flow.files.take_over(self.files)
            return flow

        return over(copy, together(named), concurrency=side_by_side)

    @property
    def running(self) -> Running | None:
        """The run that is under way."""
        running = self._running
        return running if running is not None and not running.ended else None

    def cancel(self) -> None:
        """End the run that is under way, if there is one. Returns at once."""
        running = self.running
        if running is not None:
            running.cancel()

    def close(self) -> None:
        """End its run and its instances. Calling it again does nothing."""
        running = self.running
        if running is not None:
            running.cancel()
            with suppress(TimeoutError):  # its instances are ended in the middle of their calls
                running.wait(_ENDING_S)
        self._finalizer.detach()
        for undo in self._undo:
            undo()
        self.instances.close()
        self.cache.clear()
        self._signing.forget()

    destroy = close

    def __getitem__(self, node_id: str) -> FlowNode:
        return FlowNode(self, self.graph.node(node_id).id)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.graph.nodes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Flow {show(self.name)}: {len(self.graph.nodes)} nodes, {len(self.graph.edges)} edges>"

    def _planned(
        self, nodes: Iterable[FlowNode | str] | None, inputs: Mapping[str, Any], seed: int | None, strict: bool
    ) -> tuple[Plan, dict[str, PluginError]]:
        chosen = None if nodes is None else [self[one.id if isinstance(one, FlowNode) else one].id for one in nodes]
        values = given(self.graph, self._given(), inputs)
        own_seed = self.seed if seed is None else _checked_seed(seed)
        plan = make_plan(self.graph, self.definition, values, only=chosen, seed=own_seed)
        refused = hindrances(plan, self.host, self.files)
        if strict:
            demand_none(plan, refused)
        return plan, refused

    def _refusal_told(self, seed: int | None) -> AbstractContextManager[None]:
        fits = type(seed) is int and 0 <= seed <= MAX_SEED
        return refusal_told(self.host.recorder, name=self.name, seed=seed if fits and seed is not None else self.seed)

    def _end_of_run(self, running: Running) -> None:
        with self._lock:
            self.last = running.outcome
            for name, result in self.last.items() if self.last is not None else ():
                self._took_s[name] = result.stats.wall_s
            if self._running is running:
                self._running = None
        self.instances.keep_only(self.graph.nodes)

    def _told(self, event: Event) -> None:
        if any(node.plugin == event.plugin_id for node in list(self.graph.nodes.values())):
            message = f"{event.plugin_id}: {event.name}"
            self.events.emit(FlowEvent(kind="definitions", message=message, revision=self.revision))


_TOLD: tuple[Any, ...] = ("registered", "unregistered", "loaded", "unloaded", "reloaded")


def _teller(of: Callable[[], Flow | None]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        flow = of()
        if flow is not None:
            flow._told(event)

    return tell


def _end_later(instances: Instances, undo: list[Callable[[], None]]) -> None:
    # In a thread, since nobody knows what the one holds in which a forgotten flow is collected.
    def end() -> None:
        for one in undo:
            one()
        instances.close()

    threading.Thread(target=end, name="schillinger-flow-end", daemon=True).start()


def _checked_seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbits(32)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"a flow's seed is a whole number from 0 to 2^53-1, not {show(seed)}")
    return seed
