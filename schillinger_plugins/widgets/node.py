"""NodeWidget: a node with live parameters, drawn as the canvas draws it.

Owns the traits that Python and the front-end share, the check of what the hand sets, and when a run is asked for: by Run, or
in live mode by every change. Knows nothing of managers: what Run does is a coroutine function that it is given. Refuses to
run with parameters that don't fit. Made by ``nodes`` and by people.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import traitlets

from ..definition import NodeDefinition, Parameter
from ..errors import InputError
from ..result import Result
from ..types import Audio, File
from .contract import node as contract
from .contract import read, tell
from .file_settings import FileSettings
from .node_files import NodeFiles, ReadAudio, sentence
from .node_inputs import inputs_of, waveform
from .node_presets import WithPresets
from .presets import SavedPresets, fitting
from .report import node_html
from .runs import Runs
from .settling import Settling
from .summary import failure_of, summary_of

Run = Callable[..., Awaitable[Result]]
"""``await run(inputs, parameters, on_progress=callback) -> Result``, as ``Instance.aexecute``."""

LIVE_S = 0.12
"""How long values must have stood still before live mode runs with them."""

_TELL_EVERY_S = 0.05


class NodeWidget(WithPresets):
    """A node to look at, set and run.

    Parameters
    ----------
    definition : NodeDefinition
    run : coroutine function, optional
        See `Run`. Without it the node has no Run button.
    prepare : callable, optional
        Called before each run, in its thread; what can't be run raises why.
    inputs : Mapping, optional
        By port name. A required audio input that is not given gets a test tone, and the node says so.
    parameters : Mapping, optional
        Values that differ from the defaults (or from the definition's example).
    plugin_id : str
    level : str
        The sandbox level in force, shown on the node.
    permissions : sequence of dict
        What the plugin asks for, shown on the node: `name`, `text`, and whether it is `granted`.
    read_audio : callable, optional
        See `ReadAudio`. With it the node takes a file for each audio input: by its path, or sent by the page; and for each
        parameter that is one what the page sends.
    saved : SavedPresets, optional
        Where presets are kept; without it none can be saved.

    Attributes
    ----------
    parameters : dict
        In step with the controls, both ways. Setting a value that doesn't fit raises `InputError`. A file is its path, read
        with each run; of content that was given or sent only name and size are here and in a saved notebook.
    live : bool
        Whether every change runs the node: once the values stand still, and one run after the other. While a run goes on,
        at most one waits, with the newest values; what the older one gives is dropped.
    status : str
        idle, running, done, failed or cancelled.
    waiting : bool
        Whether a run with newer values waits for the one that goes on.
    presets, saved_presets : dict
        The author's and the person's: values by name. See `apply_preset`, `save_preset`, `delete_preset`.
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

    heard_at_once = frozenset({"cancel"})
    settable = frozenset({"parameters", "live"})

    definition = traitlets.Dict().tag(sync=True)
    plugin_id = traitlets.Unicode().tag(sync=True)
    level = traitlets.Unicode().tag(sync=True)
    can_run = traitlets.Bool(False).tag(sync=True)
    parameter_errors = traitlets.Dict().tag(sync=True)
    inputs_set = traitlets.Dict().tag(sync=True)
    files_set = traitlets.Dict().tag(sync=True)
    status = traitlets.Unicode("idle").tag(sync=True)
    progress = traitlets.Float(0.0).tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Dict().tag(sync=True)
    summary: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    waiting = traitlets.Bool(False).tag(sync=True)
    permissions: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    waveform = traitlets.Dict().tag(sync=True)
    can_read = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        definition: NodeDefinition,
        *,
        run: Run | None = None,
        prepare: Callable[[], object] | None = None,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        plugin_id: str = "",
        level: str = "",
        permissions: Sequence[dict[str, Any]] = (),
        read_audio: ReadAudio | None = None,
        saved: SavedPresets | None = None,
    ) -> None:
        self._node = definition
        self._run = run
        self._prepare = prepare
        self._plugin_id = plugin_id or definition.type
        self._accepted: dict[str, Any] = {}
        self._runs = Runs(
            self._call,
            begun=self._on_begun,
            waits=lambda waiting: setattr(self, "waiting", waiting),
            ended=self._on_ended,
            name=f"schillinger-node-{self._plugin_id}",
            lock=self._turn,
        )
        self._change = Settling(lambda: self._runs.start(behind=True), after_s=LIVE_S, lock=self._turn)
        self._files = read_audio and NodeFiles(
            read_audio,
            plugin_id=self._plugin_id,
            took=self._take,
            note=self._note,
            lock=self._turn,
            want=lambda name, at: self.send(tell(contract.Want(name=name, at=at))),
            parameter=self._file_parameter,
            took_file=self._take_file,
        )
        self._settings = FileSettings()
        self._saved = saved
        self._told_at_s = 0.0
        self.result: Result | None = None
        example = definition.example
        self._given = {**(example.inputs if example else {}), **(inputs or {})}
        self._inputs, notes = inputs_of(definition, self._given)
        # By their present names: the example may say one, the caller a former one.
        given = definition.renamed(parameters or {}, plugin_id=self._plugin_id)
        values = {**(definition.renamed(example.parameters, plugin_id="") if example else {}), **given}
        values = self._settings.check(definition, values, plugin_id=self._plugin_id)
        super().__init__(
            bundle="node",
            definition=definition.as_dict(),
            plugin_id=self._plugin_id,
            level=level,
            can_run=run is not None,
            parameters=values,
            inputs_set=notes,
            files_set=self._settings.notes(definition, values),
            permissions=list(permissions),
            waveform=waveform(definition, self._inputs),
            can_read=read_audio is not None,
            can_save=saved is not None,
        )
        self._show_presets()
        self.observe(self._on_changed, ["parameters", "live"])

    @property
    def inputs(self) -> dict[str, Any]:
        """What the next run gets, by port name."""
        return dict(self._inputs)

    @inputs.setter
    def inputs(self, values: Mapping[str, Any]) -> None:
        with self._turn:
            if self._files is not None:
                self._files.forget()
            self._give(values)

    def run(self) -> None:
        """Start a run in a thread of its own and return at once; does nothing while one is going on.

        See `wait` for its end and `result` for what it gave.
        """
        if self._run is not None:
            self._runs.start()

    def cancel(self) -> None:
        """End the run that is going on, and forget one that waits."""
        self._change.forget()
        self._runs.cancel()

    def wait(self, timeout_s: float = 60.0) -> Result | None:
        """Wait until no run goes on or waits, nor in live mode is about to begin.

        Returns
        -------
        Result or None
            None if the last one failed or was cancelled: see `status` and `error`.

        Raises
        ------
        TimeoutError
            If it is still going on; it is not ended.
        """
        self._change.wait(timeout_s)
        if not self._runs.wait(timeout_s):
            raise TimeoutError(f"{self._plugin_id} is still running after {timeout_s} s → .cancel() ends it")
        return self.result if self.status == "done" else None

    def become(self, definition: NodeDefinition) -> None:
        """Go on as the node of another version of the plugin.

        What was set stays set where it fits: renamed parameters keep their values, those that are new, or don't take what
        was set, have their defaults. Inputs that are gone are forgotten.
        """
        with self.hold_sync():
            files = self._settings.kept(definition, self.parameters, former=self._node)
            kept = {**fitting(definition, self.parameters), **files}
            self._node = definition
            known = {port.name for port in definition.inputs}
            self.inputs = {name: value for name, value in self._given.items() if name in known}
            self.definition = definition.as_dict()
            self.parameters = kept
            self._show_presets()

    def shows(self, definition: NodeDefinition) -> bool:
        """Whether it is the node of that definition."""
        return self._node == definition

    def forgive(self, kind: str, text: str) -> None:
        """Show a failure of that kind no more, since what it was about has been mended; `text` says so."""
        with self.hold_sync():
            if self.status == "failed" and self.error.get("type") == kind:
                self.status, self.message, self.error = "idle", text, {}

    def end(self, text: str) -> None:
        """Have no Run any more; `text` says why."""
        with self.hold_sync():
            self.live = self.can_run = False
            if self.status != "running":
                self.status, self.message, self.error = "idle", text, {}

    def reset(self) -> None:
        """Give every parameter its default."""
        self.parameters = {}

    def on_request(self, content: dict[str, Any]) -> None:
        """What is pressed: Run, Cancel, a file for an input, a preset saved or deleted."""
        match read(contract.ToKernel, content):
            case contract.Run():
                self.run()
            case contract.Cancel():
                self.cancel()
            case contract.Read(name=name, path=path) if (files := self._files_for(name)) is not None:
                if path:
                    files.typed(name, path)
                    return
                with self._turn:
                    files.forget(name)
                    self._give({other: value for other, value in self._given.items() if other != name})
            case contract.Offer(name=name, file=file, size=size) if files := self._files_for(name, is_sent=True):
                files.offered(name, file, size)
            case contract.Save(name=name):
                self._try(self.save_preset, name)
            case contract.Delete(name=name):
                self._try(self.delete_preset, name)

    def on_data(self, content: dict[str, Any], data: bytes) -> None:
        """A piece of a file that the page sends."""
        match read(contract.ToKernel, content):
            case contract.Piece(name=name, at=at) if files := self._files_for(name, is_sent=True):
                files.piece(name, at, data)

    @traitlets.validate("parameters")
    def _check(self, proposal: Any) -> dict[str, Any]:
        values: dict[str, Any] = proposal["value"]
        if not self._from_hand:
            checked = self._settings.check(self._node, values, plugin_id=self._plugin_id)
            self.parameter_errors = {}
            self._accepted = checked
            return checked
        checked, errors = {}, {}
        for parameter in self._node.parameters:
            value = values.get(parameter.name, parameter.default)
            try:
                one = {parameter.name: value}
                one = self._settings.check(self._node, one, plugin_id=self._plugin_id, by_hand=True)
                checked[parameter.name] = one[parameter.name]
            except InputError as error:
                errors[parameter.name] = sentence(error)
                checked[parameter.name] = self._accepted.get(parameter.name, parameter.default)
        self.parameter_errors = errors
        self._accepted = checked
        return checked

    def _give(self, values: Mapping[str, Any]) -> None:
        self._given = dict(values)
        self._inputs, self.inputs_set = inputs_of(self._node, values)
        self.waveform = waveform(self._node, self._inputs)
        self._on_changed(None)

    def _files_for(self, name: str, *, is_sent: bool = False) -> NodeFiles | None:
        port = self._node.input(name)
        fits = (port is not None and port.type == "audio") or (is_sent and self._file_parameter(name) is not None)
        return self._files if fits else None

    def _file_parameter(self, name: str) -> Parameter | None:
        return next((one for one in self._node.parameters if (one.name, one.type) == (name, "file")), None)

    def _savable(self) -> dict[str, Any]:
        return self._settings.savable(self._node, self.parameters)

    def _take_file(self, parameter: Parameter, file: File) -> None:
        with self._turn:
            self.parameters = {**self.parameters, parameter.name: file}

    def _take(self, name: str, audio: Audio, file: str) -> None:
        self._give({**self._given, name: audio})
        self._note(name, "given", f"{file}, {self.inputs_set[name]['text']}")

    def _note(self, name: str, state: str, text: str) -> None:
        notes = "inputs_set" if self._file_parameter(name) is None else "files_set"
        with self._turn:
            setattr(self, notes, {**getattr(self, notes), name: {"state": state, "text": text}})

    def _on_changed(self, _: Any) -> None:
        """Say which files are set; in live mode, run once the values have stood still for a moment."""
        self.files_set = self._settings.notes(self._node, self.parameters)
        ready = self._run is not None and not any(note["state"] == "missing" for note in self.inputs_set.values())
        if self.live and ready:
            self._change.touch()
        else:
            self._change.forget()

    async def _call(self) -> Result:
        assert self._run is not None
        if self._prepare is not None:
            self._prepare()
        with self._turn:  # read after that: what was loaded by it may be another version
            inputs = self._inputs
            settings = self._settings.check(self._node, self.parameters, plugin_id=self._plugin_id)
            parameters = self._settings.contents(settings)
        return await self._run(inputs, parameters, on_progress=self._on_progress)

    def _on_begun(self) -> None:
        self.files_set = self._settings.notes(self._node, self.parameters)  # a file may have come or gone
        self.status, self.progress, self.message, self.error = "running", 0.0, "", {}

    def _on_ended(self, outcome: Result | BaseException) -> None:
        if isinstance(outcome, asyncio.CancelledError):
            self.status, self.message = "cancelled", ""
        elif isinstance(outcome, BaseException):
            self._fail(outcome)
        else:
            self.result = outcome
            self.summary = summary_of(outcome)
            self.progress = 1.0
            self.status, self.message = "done", f"{outcome.stats.wall_s * 1000:.0f} ms"

    def _on_progress(self, fraction: float, message: str) -> None:
        now_s = time.monotonic()
        if now_s - self._told_at_s >= _TELL_EVERY_S or fraction >= 1.0:
            self._told_at_s = now_s
            self.progress, self.message = float(fraction), message

    def _fail(self, error: BaseException) -> None:
        self.error = failure_of(error)
        self.status, self.message = "failed", ""

    def _ipython_display_(self) -> None:
        """Called by IPython: the live node, and a table beside it for where no widget runs."""
        from .display import draw_node

        draw_node(self, node_html(self._node))

    def __repr__(self) -> str:
        return f"Node {self._node.label}: run the cell to see it"
