"""NodeWidget: a node with live parameters, drawn as the canvas draws it.

Owns the traits that Python and the front-end share, the check of what the hand sets, and the thread in which a run goes on
while the kernel stays free. Knows nothing of managers: what Run does is a coroutine function that it is given. Refuses to
run twice at once, and to run with parameters that don't fit. Called by ``%plugin info`` and by people.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from ..definition import NodeDefinition
from ..errors import InputError, PluginError
from ..result import Result, brief
from ..types import Audio
from .bundle import BundledWidget
from .contract import node as contract
from .contract import read
from .report import node_html
from .summary import failure_of, summary_of

if TYPE_CHECKING:
    from ..events import Event
    from ..manager import PluginManager

Run = Callable[..., Awaitable[Result]]
"""``await run(inputs, parameters, on_progress=callback) -> Result``, as ``Instance.aexecute``."""

TONE_HZ, TONE_S, TONE_RATE = 440.0, 2.0, 44_100

_TELL_EVERY_S = 0.05


class NodeWidget(BundledWidget):
    """A node to look at, set and run.

    Parameters
    ----------
    definition : NodeDefinition
    run : coroutine function, optional
        See `Run`. Without it the node has no Run button.
    inputs : Mapping, optional
        By port name. A required audio input that is not given gets a test tone, and the node says so.
    parameters : Mapping, optional
        Values that differ from the defaults (or from the definition's example).
    plugin_id : str
    level : str
        The sandbox level in force, shown on the node.

    Attributes
    ----------
    parameters : dict
        In step with the controls, both ways. Setting a value that doesn't fit raises `InputError`.
    status : str
        idle, running, done, failed or cancelled.
    result : Result or None
        Of the last run that succeeded.
    error : dict
        Of the last run, empty if it succeeded: message, remedy, traceback.

    Examples
    --------
    >>> node = node_view(manager, "gain_node", inputs={"audio": y})  # doctest: +SKIP
    >>> node.parameters = {"gain_db": -6.0}  # doctest: +SKIP
    >>> node.run()  # doctest: +SKIP
    """

    definition = traitlets.Dict().tag(sync=True)
    plugin_id = traitlets.Unicode().tag(sync=True)
    level = traitlets.Unicode().tag(sync=True)
    can_run = traitlets.Bool(False).tag(sync=True)
    parameters = traitlets.Dict().tag(sync=True)
    parameter_errors = traitlets.Dict().tag(sync=True)
    inputs_set = traitlets.Dict().tag(sync=True)
    status = traitlets.Unicode("idle").tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Dict().tag(sync=True)
    summary: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        definition: NodeDefinition,
        *,
        run: Run | None = None,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        plugin_id: str = "",
        level: str = "",
    ) -> None:
        self._node = definition
        self._run = run
        self._plugin_id = plugin_id or definition.type
        self._from_hand = False
        self._accepted: dict[str, Any] = {}
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[Result]] | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._told_at_s = 0.0
        self.result: Result | None = None
        example = definition.example
        self._given = {**(example.inputs if example else {}), **(inputs or {})}
        self._inputs, notes = _inputs(definition, self._given)
        # By their present names: the example may say one, the caller a former one.
        given = definition.renamed(parameters or {}, plugin_id=self._plugin_id)
        values = {**(definition.renamed(example.parameters, plugin_id="") if example else {}), **given}
        super().__init__(
            bundle="node",
            definition=definition.as_dict(),
            plugin_id=self._plugin_id,
            level=level,
            can_run=run is not None,
            parameters=definition.check_parameters(values, plugin_id=self._plugin_id),
            inputs_set=notes,
        )

    @property
    def inputs(self) -> dict[str, Any]:
        """What the next run gets, by port name."""
        return dict(self._inputs)

    @inputs.setter
    def inputs(self, values: Mapping[str, Any]) -> None:
        self._given = dict(values)
        self._inputs, self.inputs_set = _inputs(self._node, values)

    def run(self) -> None:
        """Start a run in a thread of its own and return at once; does nothing while one is going on.

        See `wait` for its end and `result` for what it gave.
        """
        with self._lock:
            if self._run is None or (self._thread is not None and self._thread.is_alive()):
                return
            self._thread = threading.Thread(target=self._work, name=f"schillinger-node-{self._plugin_id}", daemon=True)
            self.status, self.progress, self.message, self.error = "running", 0.0, "", {}
            self._thread.start()

    def cancel(self) -> None:
        """End a run that is going on."""
        running = self._running
        if running is not None:
            loop, task = running
            loop.call_soon_threadsafe(task.cancel)

    def wait(self, timeout_s: float = 60.0) -> Result | None:
        """Wait for the run to end.

        Returns
        -------
        Result or None
            None if it failed or was cancelled: see `status` and `error`.

        Raises
        ------
        TimeoutError
            If it is still going on; it is not ended.
        """
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
            if thread.is_alive():
                raise TimeoutError(f"{self._plugin_id} is still running after {timeout_s} s → .cancel() ends it")
        return self.result if self.status == "done" else None

    def become(self, definition: NodeDefinition) -> None:
        """Go on as the node of another version of the plugin.

        What was set stays set where it fits: renamed parameters keep their values, those that are new, or don't take what
        was set, have their defaults. Inputs that are gone are forgotten.
        """
        kept: dict[str, Any] = {}
        for name, value in self.parameters.items():
            parameter = definition.parameter(name)
            try:
                if parameter is not None:
                    kept |= {parameter.name: definition.check_parameters({name: value}, plugin_id="")[parameter.name]}
            except InputError:  # the new version doesn't take it
                continue
        self._node = definition
        known = {port.name for port in definition.inputs}
        self.inputs = {name: value for name, value in self._given.items() if name in known}
        with self.hold_sync():
            self.definition = definition.as_dict()
            self.parameters = kept

    def reset(self) -> None:
        """Give every parameter its default."""
        self.parameters = {}

    def on_request(self, content: dict[str, Any]) -> None:
        """Run and Cancel, as pressed."""
        match read(contract.ToKernel, content):
            case contract.Run():
                self.run()
            case contract.Cancel():
                self.cancel()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Called by ipywidgets with what the hand did."""
        self._from_hand = True
        try:
            super().set_state({name: value for name, value in sync_data.items() if name == "parameters"})
        finally:
            self._from_hand = False

    @traitlets.validate("parameters")
    def _check(self, proposal: Any) -> dict[str, Any]:
        values: dict[str, Any] = proposal["value"]
        if not self._from_hand:
            checked = self._node.check_parameters(values, plugin_id=self._plugin_id)
            self.parameter_errors = {}
            self._accepted = checked
            return checked
        checked, errors = {}, {}
        for parameter in self._node.parameters:
            value = values.get(parameter.name, parameter.default)
            try:
                one = self._node.check_parameters({parameter.name: value}, plugin_id=self._plugin_id)
                checked[parameter.name] = one[parameter.name]
            except InputError as error:
                errors[parameter.name] = _sentence(error)
                checked[parameter.name] = self._accepted.get(parameter.name, parameter.default)
        self.parameter_errors = errors
        self._accepted = checked
        return checked

    def _work(self) -> None:
        """The body of the thread. Whatever happens ends as a status, since nobody waits for an exception here."""
        try:
            result = asyncio.run(self._call())
        except asyncio.CancelledError:
            self.status, self.message = "cancelled", ""
        except PluginError as error:
            self._fail(error)
        except Exception as error:
            self._fail(error)
        else:
            self.result = result
            self.summary = summary_of(result)
            self.progress = 1.0
            self.status, self.message = "done", f"{result.stats.wall_s * 1000:.0f} ms"
        finally:
            self._running = None

    async def _call(self) -> Result:
        assert self._run is not None
        parameters = self._node.check_parameters(self.parameters, plugin_id=self._plugin_id)
        task = asyncio.ensure_future(self._run(self._inputs, parameters, on_progress=self._on_progress))
        self._running = asyncio.get_running_loop(), task
        return await task

    def _on_progress(self, fraction: float, message: str) -> None:
        now_s = time.monotonic()
        if now_s - self._told_at_s >= _TELL_EVERY_S or fraction >= 1.0:
            self._told_at_s = now_s
            self.progress, self.message = float(fraction), message

    def _fail(self, error: Exception) -> None:
        self.error = failure_of(error)
        self.status, self.message = "failed", ""

    def _ipython_display_(self) -> None:
        """Called by IPython: the live node, and a table beside it for where no widget runs."""
        from .display import draw_node

        draw_node(self, node_html(self._node))

    def __repr__(self) -> str:
        return f"Node {self._node.label}: run the cell to see it"


def node_view(
    manager: PluginManager,
    plugin_id: str,
    *,
    inputs: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> NodeWidget:
    """The node of a plugin, whose Run calls the manager's default instance, and which follows its reloads.

    Raises
    ------
    PluginError
        If the plugin can't be loaded, or a parameter doesn't fit.
    """
    instance = manager.default_instance(plugin_id)
    widget = NodeWidget(
        instance.definition,
        run=instance.aexecute,
        inputs=inputs,
        parameters=parameters,
        plugin_id=plugin_id,
        level=str(instance.plugin.level),
    )
    reference = weakref.ref(widget)

    def on_reloaded(event: Event) -> None:
        node = reference()
        if node is not None and event.plugin_id == plugin_id:
            node.become(instance.definition)

    weakref.finalize(widget, manager.events.subscribe("reloaded", on_reloaded)).atexit = False
    return widget


def tone() -> Audio:
    """What an audio input gets that nobody gave: 2 s of 440 Hz at −12 dB, with 10 ms fades."""
    time_s = np.arange(int(TONE_S * TONE_RATE)) / TONE_RATE
    fade = np.clip(np.minimum(time_s, TONE_S - time_s) / 0.01, 0.0, 1.0)
    return Audio((0.25 * fade * np.sin(2 * np.pi * TONE_HZ * time_s)).astype(np.float32), TONE_RATE)


def _inputs(definition: NodeDefinition, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a run, and what the node says about each port."""
    given = dict(values)
    notes: dict[str, Any] = {}
    for port in definition.inputs:
        if port.name in given:
            value = given[port.name]
            notes[port.name] = {"state": "given", "text": repr(value) if isinstance(value, Audio) else brief(value)}
        elif port.required and port.type == "audio":
            given[port.name] = tone()
            notes[port.name] = {"state": "tone", "text": f"test tone, {TONE_HZ:.0f} Hz, {TONE_S:.0f} s"}
        elif port.required:
            notes[port.name] = {"state": "missing", "text": "not given"}
    return given, notes


def _sentence(error: InputError) -> str:
    return f"{error.message}; {error.remedy}" if error.remedy else error.message
