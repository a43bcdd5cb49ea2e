"""PanelWidget: the panel of a UI plugin, with its controls and buttons, to be used by hand.

Owns the parameters' values, which are a trait: Python sees what the hand does and the other way round. Events go to the
plugin's worker one after the other, from a thread of their own, so that the kernel stays free. Of
several changes of one control that wait only the last is sent, and an answer never takes back what the hand has changed
since. Refuses answers that break the definition's rules. Called by the magics and by people in a notebook.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from ..definition import NodeDefinition
from ..definition.panel import DRAWN, panel_of, panel_values
from ..definition.panel_answer import Answer, checked_answer
from ..errors import Busy, InputError, PluginError, PluginExecutionError
from ..schema.strict import suggestion
from .bundle import BundledWidget
from .contract import panel as contract
from .contract import read, tell
from .panel_report import panel_html
from .panel_views import Shown, shown

SendEvent = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""``answer = send(event, values)``, unchecked; called in the panel's thread."""

MAX_WAITING = 64
"""Events that may wait: a key that repeats must not press a button for minutes."""

_FIRST_ANSWER_S = 2.0


class PanelWidget(BundledWidget):
    """A panel to look at and to use.

    Parameters
    ----------
    definition : NodeDefinition
        Without a ``panel`` all controls and outputs are shown.
    send : callable, optional
        See `SendEvent`. Without it the panel is drawn and nothing answers.
    prepare : callable, optional
        Called before each event, in the panel's thread; returns whether who answers is new and has to be told that the panel
        is open. What can't be answered raises why.
    parameters : Mapping, optional
        Values that differ from the defaults.
    plugin_id, level : str
        As on a node.

    Attributes
    ----------
    parameters : dict
        In step with the controls, both ways. Setting a value that doesn't fit raises `InputError`.
    outputs : dict
        What the plugin has given so far, by name.
    status : str
        idle, busy or failed.
    message : str
        What the plugin said last.
    error : dict
        Of the last event, empty if it was answered: type, message, remedy, path, traceback.

    Examples
    --------
    >>> panel = panel_view(manager, "tuning_desk")  # doctest: +SKIP
    >>> panel.parameters = {**panel.parameters, "a4_hz": 442.0}  # doctest: +SKIP
    >>> panel.press("play_chord")  # doctest: +SKIP
    >>> panel.wait()  # doctest: +SKIP
    """

    settable = frozenset({"parameters"})

    definition = traitlets.Dict().tag(sync=True)
    panel = traitlets.Dict().tag(sync=True)
    plugin_id = traitlets.Unicode().tag(sync=True)
    level = traitlets.Unicode().tag(sync=True)
    parameters = traitlets.Dict().tag(sync=True)
    parameter_errors = traitlets.Dict().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)
    status = traitlets.Unicode("idle").tag(sync=True)
    message = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        definition: NodeDefinition,
        *,
        send: SendEvent | None = None,
        prepare: Callable[[], bool] | None = None,
        parameters: Mapping[str, Any] | None = None,
        plugin_id: str = "",
        level: str = "",
    ) -> None:
        self._node = definition
        self._send_event = send
        self._prepare = prepare
        self._plugin_id = plugin_id or definition.type
        self._changed = threading.Condition(self._turn)
        self._waiting: list[dict[str, Any]] = []
        self._thread: threading.Thread | None = None
        self._quiet_in = 0  # the thread that sets parameters which are no event: another's are
        self._accepted: dict[str, Any] = {}
        self._shown: dict[str, Shown] = {}
        self._opened = False
        self._version = 0
        self.outputs: dict[str, Any] = {}
        given = definition.renamed(parameters or {}, plugin_id=self._plugin_id)
        self._quiet_in = threading.get_ident()
        super().__init__(
            bundle="panel",
            definition=_drawn(definition),
            panel=panel_of(definition).model_dump(mode="json"),
            plugin_id=self._plugin_id,
            level=level,
            parameters=panel_values(definition, given, plugin_id=self._plugin_id),
        )
        self._quiet_in = 0

    def press(self, name: str) -> None:
        """Press a button, as the hand would. Returns at once; see `wait`.

        Raises
        ------
        InputError
            If there is no such button.
        """
        panel = panel_of(self._node)
        if panel.button(name) is None:
            known = [item.name for item in panel.items() if item.kind == "button" and item.name]
            raise InputError(f"no button `{name}`", plugin_id=self._plugin_id, remedy=suggestion(str(name)[:64], known))
        self._queue({"kind": "press", "name": name, "value": None, "time_s": time.monotonic()})

    def begin(self) -> None:
        """Tell the plugin that its panel is shown, once. Called when it is displayed."""
        with self._turn:
            if self._opened:
                return
            self._opened = True
        self._queue(_opening())

    def wait(self, timeout_s: float = 60.0) -> dict[str, Any]:
        """Wait until every event is answered.

        Returns
        -------
        dict
            The outputs as they are then. After a failure `status` is ``failed`` and `error` says why.

        Raises
        ------
        TimeoutError
            If some are not answered by then.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._thread is None, timeout_s):
                raise TimeoutError(f"{self._plugin_id} has not answered after {timeout_s} s → wait() longer")
        return dict(self.outputs)

    def shows(self, definition: NodeDefinition) -> bool:
        """Whether it is the panel of that definition."""
        return self._node == definition

    def forgive(self, kind: str, text: str) -> None:
        """Show a failure of that kind no more, since what it was about has been mended; `text` says so."""
        with self._turn:
            if self.error.get("type") == kind:
                self.message, self.error = text, {}
                if self._thread is None:
                    self.status = "idle"

    def become(self, definition: NodeDefinition) -> None:
        """Go on as the panel of another version of the plugin; what is set, and still fits, stays set."""
        with self._turn:
            kept: dict[str, Any] = {}
            for name, value in self.parameters.items():
                parameter = definition.parameter(name)
                try:
                    if parameter is not None:
                        one = panel_values(definition, {name: value}, plugin_id="")
                        kept[parameter.name] = one[parameter.name]
                except InputError:  # the new version doesn't take it
                    continue
            self._node, self._quiet_in = definition, threading.get_ident()
            self._waiting.clear()
            known = {output.name for output in definition.outputs}
            self.outputs = {name: value for name, value in self.outputs.items() if name in known}
            self._shown.clear()
            with self.hold_sync():
                self.definition = _drawn(definition)
                self.panel = panel_of(definition).model_dump(mode="json")
                self.parameters = kept
                self.shown, self.error = {}, {}
            self._quiet_in = 0
            again, self._opened = self._opened, False
        if again:
            self.begin()

    def on_request(self, content: dict[str, Any]) -> None:
        """A press, or the bytes of an output that the page lacks."""
        match read(contract.ToKernel, content):
            case contract.Press(name=name, time_s=time_s) if panel_of(self._node).button(name):
                if time_s is None or not math.isfinite(time_s):
                    time_s = time.monotonic()
                self._queue({"kind": "press", "name": name, "value": None, "time_s": time_s})
            case contract.AskData(key=key) if (held := self._shown.get(key)) is not None:
                if held.data is not None and held.mime is not None:
                    self.send(tell(contract.Data(key=key, version=held.view["version"], mime=held.mime)), [held.data])

    @traitlets.validate("parameters")
    def _check(self, proposal: Any) -> dict[str, Any]:
        values: dict[str, Any] = proposal["value"]
        if not self._from_hand:
            self._accepted = panel_values(self._node, values, plugin_id=self._plugin_id)
            self.parameter_errors = {}
            return self._accepted
        checked, errors = {}, {}
        for parameter in self._node.parameters:
            name = parameter.name
            try:
                one = panel_values(self._node, {name: values.get(name, parameter.default)}, plugin_id="")
                checked[name] = one[name]
            except InputError as error:
                errors[name] = f"{error.message}; {error.remedy}" if error.remedy else error.message
                checked[name] = self._accepted.get(name, parameter.default)
        self.parameter_errors = errors
        self._accepted = checked
        return checked

    @traitlets.observe("parameters")
    def _tell_change(self, change: Any) -> None:
        if self._quiet_in == threading.get_ident():
            return
        before = change["old"] if isinstance(change["old"], dict) else {}
        for name, value in self.parameters.items():  # a change from the page has them as they were before the check
            if name not in before or before[name] != value:
                self._queue({"kind": "change", "name": name, "value": value, "time_s": time.monotonic()})

    def _queue(self, event: dict[str, Any]) -> None:
        if self._send_event is None:
            return
        with self._turn:
            if event["kind"] == "change":
                stale = [one for one in self._waiting if (one["kind"], one["name"]) == ("change", event["name"])]
                for one in stale:
                    self._waiting.remove(one)
            if len(self._waiting) >= MAX_WAITING:
                busy = Busy(f"{MAX_WAITING} events wait", plugin_id=self._plugin_id, remedy="wait for its answer")
                self._fail(busy)
                return
            self._waiting.append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._drain, name=f"schillinger-panel-{self._plugin_id}")
                self._thread.daemon = True
                self.status = "busy"
                self._thread.start()

    def _drain(self) -> None:
        """The body of the thread: whatever happens ends as a status, since nobody waits for an exception here."""
        failed = False
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    self.status = "failed" if failed else "idle"
                    self._changed.notify_all()
                    return
                event = self._waiting.pop(0)
            try:
                if self._prepare is not None and self._prepare() and self._opened and event["kind"] != "open":
                    self._ask(_opening())
                self._ask(event)
                failed = False
            except Exception as error:
                self._fail(error)
                failed = True

    def _ask(self, event: dict[str, Any]) -> None:
        assert self._send_event is not None
        with self._turn:
            values, node = dict(self.parameters), self._node
        if not _has(node, event):  # of the version before
            return
        answer = checked_answer(node, self._send_event(event, values), plugin_id=self._plugin_id)
        self._apply(answer, node)

    def _apply(self, answer: Answer, node: NodeDefinition) -> None:
        with self._turn:
            if node is not self._node:  # it was reloaded meanwhile, and is asked again
                return
            waiting = {event["name"] for event in self._waiting if event["kind"] == "change"}
            fresh = {name: value for name, value in answer.values.items() if name not in waiting}
            views = self._views(answer.outputs)
            self.outputs |= answer.outputs
            self._quiet_in = threading.get_ident()
            try:
                with self.hold_sync():
                    if fresh:
                        self.parameters = {**self.parameters, **fresh}
                    if views:
                        self.shown = {**self.shown, **views}
                    if answer.message is not None:
                        self.message = answer.message
                    self.error = {}
            finally:
                self._quiet_in = 0

    def _views(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """What changes on the page, by ``kind:name``: one output may be shown in two ways."""
        views: dict[str, Any] = {}
        for item in panel_of(self._node).items():
            if item.kind not in DRAWN or item.name is None or item.name not in outputs:
                continue
            key = f"{item.kind}:{item.name}"
            self._version += 1
            one = shown(item.kind, outputs[item.name])
            view = {**one.view, "has_data": one.data is not None, "version": self._version}
            self._shown[key] = Shown(view=view, data=one.data, mime=one.mime)
            views[key] = view
        return views

    def _fail(self, error: Exception) -> None:
        known = isinstance(error, PluginError)
        self.error = {
            "type": type(error).__name__,
            "message": error.message if isinstance(error, PluginError) else str(error),
            "remedy": (error.remedy or "") if isinstance(error, PluginError) else "",
            "path": (error.path or "") if known and isinstance(error, PluginError) else "",
            "traceback": error.traceback_text if isinstance(error, PluginExecutionError) else "",
        }

    def _ipython_display_(self) -> None:
        """Called by IPython: the live panel, and a still one beside it for where no widget runs."""
        from .display import draw_node

        self.begin()
        with self._changed:  # so that the still one has more than blanks; a slow plugin is not waited for
            self._changed.wait_for(lambda: self._thread is None, _FIRST_ANSWER_S)
        draw_node(self, panel_html(self._node, self.parameters, self.outputs))

    def __repr__(self) -> str:
        return f"Panel {self._node.label}: run the cell in a notebook to see it"


def _opening() -> dict[str, Any]:
    return {"kind": "open", "name": "", "value": None, "time_s": time.monotonic()}


def _has(node: NodeDefinition, event: dict[str, Any]) -> bool:
    match event["kind"]:
        case "press":
            return panel_of(node).button(event["name"]) is not None
        case "change":
            return node.parameter(event["name"]) is not None
        case _:
            return True


def _drawn(definition: NodeDefinition) -> dict[str, Any]:
    """Of a definition what the page draws."""
    data = definition.as_dict()
    return {key: data[key] for key in ("label", "description", "parameters", "outputs")}
