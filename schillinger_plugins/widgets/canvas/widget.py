"""FlowWidget: a flow as a canvas, in step with Python.

Owns the traits that the page draws and the answers to what it says; see ``contract.flow``. Everything that comes from a
page is checked, and what isn't understood is dropped. A run goes on in the flow's own thread, so that the kernel stays free,
and is told from there: the canvas follows a run that a cell waits for, too, and cancels it, where a kernel hears that beside
a cell. What is told is told in one order, under the widget's lock. Called by ``display`` and by people, through `flow_view`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import traitlets

from ...errors import PluginError
from ...events import Event
from ...flow import Flow, FlowEvent, FlowRun
from ...result import Result
from ..analysis import AnalysisView
from ..bundle import BundledWidget
from ..contract import flow as contract
from ..contract import read, tell
from .errands import Errands
from .offers import definitions_of, palette_of, problems_of
from .pages import Pages
from .shown import shown_of
from .standings import Standings
from .telling import Telling

MAX_WORDS = 500
MAX_OPENED = 8
"""Results that are looked into at the same time."""
_PLUGINS: tuple[Any, ...] = ("registered", "unregistered", "loaded", "unloaded", "reloaded")


class FlowWidget(BundledWidget):
    """A canvas.

    Parameters
    ----------
    flow : Flow
        Held as long as the canvas is open; `close` lets go of it.

    Attributes
    ----------
    document : dict
        React Flow's JSON, and its revision; for the others see ``contract.flow.FlowState``.

    Examples
    --------
    >>> canvas = flow_view(flow)  # doctest: +SKIP
    >>> canvas  # doctest: +SKIP
    """

    heard_at_once = frozenset({"cancel"})

    name = traitlets.Unicode().tag(sync=True)
    document = traitlets.Dict().tag(sync=True)
    palette: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    definitions = traitlets.Dict().tag(sync=True)
    problems: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    standings = traitlets.Dict().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    eta_s = traitlets.Float(None, allow_none=True).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._pages = Pages(flow)
        self._standings = Standings(flow)
        self._progress: tuple[float, float | None] = 0.0, None
        self._words = _ended(flow.last)
        self._asked: dict[str, str] = {}
        self._opened: dict[str, AnalysisView] = {}
        self._telling = Telling(self._tell, name="schillinger-canvas")
        self._defining = Errands("schillinger-canvas-define")
        self._showing = Errands("schillinger-canvas-show")
        with self._turn:  # nothing is told before it is all there
            follower = _follower(weakref.ref(self))
            self._undo = [flow.events.subscribe(follower)]
            self._undo += [flow.host.events.subscribe(name, follower) for name in _PLUGINS]
            self._standings.look()
            super().__init__(
                bundle="flow",
                name=flow.name,
                document=self._pages.state(),
                palette=palette_of(flow.host),
                definitions=definitions_of(flow),
                problems=problems_of(flow),
                standings=self._standings.told(),
                running=flow.running is not None,
                message=self._words,
            )

    def close(self) -> None:
        """Called by ipywidgets, and by people: no view is left. The flow itself stays open."""
        for undo in getattr(self, "_undo", ()):
            undo()
        for thread in ("_telling", "_defining", "_showing"):
            if hasattr(self, thread):
                getattr(self, thread).end()
        for view in getattr(self, "_opened", {}).values():
            view.close()
        if _canvases.get(self.flow) is self:
            del _canvases[self.flow]
        super().close()

    def wait(self, timeout_s: float = 30.0) -> None:
        """Wait until everything is told that there is to tell.

        Raises
        ------
        TimeoutError
            If it isn't by then.
        """
        if not all(one.wait(timeout_s) for one in (self._defining, self._showing, self._telling)):
            raise TimeoutError(f"the canvas still tells after {timeout_s} s → .wait() again")

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Called by ipywidgets with what a page has written: of all that is shared the document alone is the page's."""
        if "document" not in sync_data:
            return
        with self._turn:
            try:
                self._pages.take(sync_data["document"])
            except PluginError as error:
                self._say(f"what was drawn could not be taken: {_sentence(error)}")
                return
            self.document = self._pages.state()

    def on_request(self, content: dict[str, Any]) -> None:
        """What a page says; see ``contract.flow``."""
        match read(contract.ToKernel, content):
            case contract.Run(nodes=nodes, anew=anew):
                self._run(nodes, anew=anew)
            case contract.Cancel():
                self.flow.cancel()
            case contract.Define(plugin=plugin):
                self._define(plugin)
            case contract.Show(node=node) if node in self.flow.graph.nodes:
                self._showing.send(node, lambda: self._show(node))

    def follow(self, event: FlowEvent | Event) -> None:
        """Called by the flow and its host, in any thread, whatever that holds: what there is to tell is noted down."""
        if isinstance(event, Event):
            self._telling.want("plugins")
            return
        if event.kind == "progress":
            self._progress, self._words = (event.progress, event.eta_s), event.message
            self._telling.want("run")
            return
        self._standings.take(event)
        if event.kind == "begun":
            self._progress, self._words = (0.0, None), ""
        elif event.kind == "ended":
            self._progress, self._words = (event.progress, None), _ended(self.flow.last)
        self._telling.want({"changed": "document", "definitions": "plugins"}.get(event.kind, "run"))

    def _tell(self, parts: frozenset[str]) -> None:
        with self._turn, self.hold_sync():
            if "document" in parts:
                self.name = self.flow.name
                self.document = self._pages.state()
            if "plugins" in parts:
                self.palette = palette_of(self.flow.host)
            if parts & {"document", "plugins"}:
                self.definitions = definitions_of(self.flow)
                self.problems = problems_of(self.flow)
            self.standings = self._standings.told(changed=bool(parts & {"document", "plugins"}))
            self.running = self.flow.running is not None
            self.progress, self.eta_s = self._progress
            self.message = self._words[:MAX_WORDS]

    def _say(self, words: str) -> None:
        self._words = words
        self._telling.want("run")

    def _run(self, nodes: list[str], *, anew: bool) -> None:
        known = [name for name in nodes if name in self.flow.graph.nodes]
        if nodes and not known:
            self._say("what was to be run is gone")
            return
        try:
            self.flow.start(known or None, anew=anew)
        except PluginError as error:
            self._say(_sentence(error))

    def _define(self, plugin: str) -> None:
        record = self.flow.host.plugins.get(plugin, None)
        if record is None or record.definition is not None:
            return

        def ask() -> None:
            try:
                # What couldn't tell its ports can't until it is another one: a page asks whenever anything is told.
                content = self.flow.host.plugins[plugin].content_hash
                if self._asked.get(plugin) != content:
                    self._asked[plugin] = content
                    self.flow.host.definition(plugin)
            except PluginError as error:
                self._say(f"{plugin} doesn't say what its ports are: {_sentence(error)}")

        self._defining.send(plugin, ask)

    def _show(self, node: str) -> None:
        result = self._standings.result(node)
        shown, buffers = shown_of(node, result)
        if result is not None and buffers:  # what has a picture or a sound can be looked into
            shown.view = self._open(node, result)
        self.send(tell(shown), buffers)

    def _open(self, node: str, result: Result) -> str:
        """A live view of a result; of those that were opened before only the last few go on."""
        former = self._opened.pop(node, None)
        if former is None or former.shown is not result:
            former = AnalysisView(result)
        self._opened[node] = former
        while len(self._opened) > MAX_OPENED:
            self._opened.pop(next(iter(self._opened))).close()
        return str(former.model_id)

    def _ipython_display_(self) -> None:
        """Called by IPython: the live canvas, and a still picture beside it for where no widget runs."""
        from ..display import draw

        draw(self.flow)

    def __repr__(self) -> str:
        return f"Canvas of {self.flow!r}: run the cell to see it"


_canvases: weakref.WeakKeyDictionary[Flow, FlowWidget] = weakref.WeakKeyDictionary()


def flow_view(flow: Flow) -> FlowWidget:
    """The canvas of a flow: the same one each time, however often it is shown."""
    canvas = _canvases.get(flow)
    if canvas is None:
        canvas = _canvases[flow] = FlowWidget(flow)
    return canvas


def _follower(of: Callable[[], FlowWidget | None]) -> Callable[[FlowEvent | Event], None]:
    def follow(event: FlowEvent | Event) -> None:
        canvas = of()
        if canvas is not None:
            canvas.follow(event)

    return follow


def _ended(run: FlowRun | None) -> str:
    """How a run has ended, in a line."""
    if run is None:
        return ""
    states = list(run.states.values())
    counts = [(state, states.count(state)) for state in ("done", "cached", "failed", "blocked", "cancelled")]
    told = ", ".join(f"{count} {state}" for state, count in counts if count)
    return f"{told or 'nothing to run'} in {run.wall_s:.2g} s"


def _sentence(error: PluginError) -> str:
    return f"{error.message} → {error.remedy}" if error.remedy else error.message
