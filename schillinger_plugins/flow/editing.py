"""Changing a flow: nodes, edges, parameters, comments and groups.

Owns that every change is checked first, made as a whole, numbered and told. Base of `Flow`, which owns the runs and the
files.
"""

from __future__ import annotations

import contextlib
import math
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..definition import NodeDefinition
from ..definition.ports import Misfit
from ..errors import InputError
from ..schema.json_text import json_path
from ..schema.strict import show, suggestion
from .arrange import arranged
from .document import Document, demand_id, demand_texts
from .events import FlowEvent, FlowEvents
from .graph import INPUT_TYPES, Graph, Node, unused
from .host import Host
from .instances import Instances
from .nodes import FlowNode, FlowPort, pair
from .values import held_words, plain, savable

_REMEMBERED = 64
STEP_X, STEP_Y = 260.0, 140.0
_LABEL = 200


class Editing:
    """What changes a flow."""

    host: Host
    events: FlowEvents
    instances: Instances
    revision: int
    _lock: threading.RLock
    _document: Document
    _values: dict[str, Any]
    _former: dict[int, Document]

    @property
    def graph(self) -> Graph:
        """Nodes and edges as plain data."""
        raise NotImplementedError

    def definition(self, plugin_id: str) -> NodeDefinition | None:
        """What a plugin declares, if that is known."""
        raise NotImplementedError

    def add(
        self,
        plugin: str,
        /,
        *,
        parameters: Mapping[str, Any] | None = None,
        config: Mapping[str, Any] | None = None,
        label: str | None = None,
        id: str | None = None,
        position: tuple[float, float] | None = None,
        **named: Any,
    ) -> FlowNode:
        """Add a plugin.

        Parameters
        ----------
        plugin : str
            Its id. It is loaded if nothing else tells what its node is.
        parameters, **named
            Values that differ from the defaults.
        config : Mapping
            The configuration of its instance.
        label : str
            What people call this node.
        id : str
            What edges and results call it; the plugin's id, if not given, with a number if that is taken.
        position : (float, float)
            In pixels; beside the others if not given.

        Raises
        ------
        UnknownPlugin
            With the nearest there is.
        InputError
            For a parameter that it doesn't have or that doesn't fit.
        """
        definition = self.host.definition(plugin)
        record = self.host.plugins[plugin]
        values = _checked(definition, {**(parameters or {}), **named}, plugin)
        data: dict[str, Any] = {"plugin": plugin, "parameters": values}
        if record.manifest is not None:
            data["version"] = record.manifest.metadata.version
            data["content_hash"] = record.content_hash
        if config:
            data["config"] = plain(dict(config), "config", plugin)
        if label is not None:
            data["label"] = _line(label)
        return self._put("plugin", data, id, plugin, position)

    def input(
        self,
        name: str,
        /,
        *,
        type: str = "any",
        value: Any = None,
        id: str | None = None,
        position: tuple[float, float] | None = None,
    ) -> FlowNode:
        """Add a source, whose value is given here or at each run.

        Parameters
        ----------
        name : str
            What `run` calls it.
        type : str
            What ports it feeds: audio, number, …
        value : Any
            Of the type audio: a file's path, ``(samples, sample_rate)`` or `Audio`. What plain data can express is saved
            with the flow.
        """
        if type not in INPUT_TYPES:
            raise InputError(f"no port is of the type {show(type)}", remedy=suggestion(str(type)[:64], INPUT_TYPES))
        data = {"name": _line(name), "type": type}
        with self._changing():
            node = self._put("input", data, id, re.sub(r"\W+", "_", name).strip("_")[:64] or "input", position)
            if value is not None:
                self.give(node.id, value)
        return node

    def comment(self, text: str, *, id: str | None = None, position: tuple[float, float] | None = None) -> FlowNode:
        """Add a comment."""
        return self._put("comment", {"text": str(text)}, id, "comment", position)

    def arrange(self) -> None:
        """Lay the nodes out in columns, each behind those that feed it. What lies in a group stays there."""
        with self._changing():
            places = arranged(self.graph)
            for name, node in list(self.graph.nodes.items()):
                if node.kind != "group" and not node.raw.get("parentId"):
                    self.graph.put(Node({**node.raw, "position": _place(places[name])}))

    def group(self, nodes: Iterable[FlowNode | str], *, label: str = "", id: str | None = None) -> FlowNode:
        """Put nodes into a frame, which moves with them."""
        with self._changing():
            members = [self.graph.node(_id_of(one)) for one in nodes]
            if not members:
                raise InputError("a group of no nodes", remedy="name some: flow.group([a, b])")
            if any(node.raw.get("parentId") for node in members):
                raise InputError("one of them is in a group already", remedy="remove that group first")
            places = [node.raw["position"] for node in members]
            left, top = (min(place[axis] for place in places) - 40.0 for axis in "xy")
            right, bottom = (max(place[axis] for place in places) for axis in "xy")
            size = {"width": right - left + STEP_X, "height": bottom - top + STEP_Y}
            group = self._put("group", {"label": _line(label) if label else ""}, id, "group", (left, top), **size)
            for node in members:
                place = {"x": node.raw["position"]["x"] - left, "y": node.raw["position"]["y"] - top}
                self.graph.put(Node({**node.raw, "position": place, "parentId": group.id}))
        return group

    def connect(self, source: FlowPort | FlowNode, target: FlowPort | FlowNode) -> FlowNode:
        """Draw an edge, as ``source >> target`` does; returns the right side's node.

        Raises
        ------
        InputError
            If the types don't fit, the input is fed already, or a circle would be closed; with what would do.
        """
        with self._lock:
            left, output, right, into = pair(source, target)
            with self._changing():
                self.graph.connect(left, output, right, into, self.definition)
        return target if isinstance(target, FlowNode) else target.node

    def disconnect(self, source: FlowPort | str, target: FlowPort | None = None) -> None:
        """Take an edge away: the one between two ports, or the one of that id. Raises `InputError` if there is none."""
        with self._changing():
            if isinstance(source, FlowPort) and target is not None:
                meant = (source.node.id, source.name, target.node.id, target.name)
                found = [e.id for e in self.graph.edges.values() if (e.source, e.output, e.target, e.input) == meant]
            else:
                found = [name for name in self.graph.edges if name == source]
            if not found:
                raise InputError("there is no such edge", remedy="flow.graph.edges has those that there are")
            for name in found:
                del self.graph.edges[name]

    def remove(self, node: FlowNode | str) -> None:
        """Take a node away, and its edges."""
        node_id = _id_of(node)
        with self._changing():
            self.graph.remove(node_id)
            self._values.pop(node_id, None)

    def use(self, node: FlowNode | str, plugin: str) -> None:
        """Let a node be done by another plugin, or by the version of its own that is here. What fits is kept."""
        definition = self.host.definition(plugin)
        record = self.host.plugins[plugin]
        version = record.manifest.metadata.version if record.manifest is not None else ""
        with self._changing():
            old = self.graph.node(_id_of(node))
            if old.kind != "plugin":
                raise InputError(f"{show(old.id)} is no plugin", remedy="add one")
            parameters = {}
            for name, value in old.parameters.items():
                known = definition.parameter(name)
                parameters[known.name if known is not None else name] = value
            self.graph.put(
                old.with_data(plugin=plugin, version=version, content_hash=record.content_hash, parameters=parameters)
            )

    def set_parameters(self, node_id: str, values: Mapping[str, Any], *, replace: bool = False) -> None:
        """Set parameters of a node, all of them if `replace`. Called by `FlowNode`."""
        node = self.graph.node(node_id)
        checked = _checked(self.definition(node.plugin), values, node.plugin)
        with self._changing():
            node = self.graph.node(node_id)
            kept = {} if replace else dict(node.parameters)
            definition = self.definition(node.plugin)
            for name in checked:
                parameter = definition.parameter(name) if definition is not None else None
                for alias in parameter.aliases if parameter is not None else ():
                    kept.pop(alias, None)
            self.graph.put(node.with_data(parameters={**kept, **checked}))

    def change(self, node_id: str, **data: Any) -> None:
        """Change a node's data. Called by `FlowNode`."""
        if isinstance(data.get("label"), str):
            data["label"] = _line(data["label"])
        with self._changing():
            self.graph.put(self.graph.node(node_id).with_data(**data))

    def move(self, node_id: str, x: float, y: float) -> None:
        """Put a node elsewhere."""
        with self._changing():
            node = self.graph.node(node_id)
            self.graph.put(Node({**node.raw, "position": _place((x, y))}))

    def give(self, node_id: str, value: Any) -> None:
        """Give an input node its value; None takes it away. Called by `FlowNode`."""
        with self._changing():
            node = self.graph.node(node_id)
            if node.kind != "input":
                raise InputError(f"{show(node_id)} is no input", remedy="set its parameters")
            self._values.pop(node_id, None)
            value = str(value) if isinstance(value, Path) else value
            saved = None
            if value is not None:
                saved = savable(value, str(node.data.get("type")))
                if saved is None:
                    self._values[node_id] = value
            held = held_words(value) if value is not None and saved is None else None
            self.graph.put(node.with_data(value=saved, held=held))

    def value_of(self, node_id: str) -> Any:
        """What an input node holds, or None."""
        saved = self.graph.node(node_id).data.get("value")
        return saved if saved is not None else self._values.get(node_id)

    def _given(self) -> dict[str, Any]:
        values = {name: self.value_of(name) for name, node in self.graph.nodes.items() if node.kind == "input"}
        return {name: value for name, value in values.items() if value is not None}

    def _put(
        self,
        kind: str,
        data: dict[str, Any],
        wish: str | None,
        usual: str,
        position: tuple[float, float] | None,
        **more: Any,
    ) -> FlowNode:
        demand_texts(data, ["data"])
        with self._changing():
            if wish is not None:
                demand_id(wish, ["id"])
                if wish in self.graph.nodes:
                    raise InputError(f"the id {show(wish)} is taken", remedy="choose another, or none")
            node_id = wish or unused(usual, self.graph.nodes)
            place = _unplaced(self.graph) if position is None else position
            self.graph.put(Node({"id": node_id, "type": kind, "position": _place(place), "data": data, **more}))
        return FlowNode(self, node_id)  # type: ignore[arg-type]  # the one that has this part is a flow

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """One change, which is undone as a whole if it is refused; within another it is a part of that."""
        with self._lock:
            if getattr(self, "_depth", 0):
                yield
                return
            before, values = self._document, dict(self._values)
            self._document = self._kept()
            self._depth = 1
            try:
                yield
            except BaseException:
                self._document, self._values = before, values
                raise
            finally:
                self._depth = 0
            self.revision += 1
            self._former[self.revision] = self._document
            self._former.pop(self.revision - _REMEMBERED, None)
            revision = self.revision
        self.events.emit(FlowEvent(kind="changed", revision=revision))

    def _kept(self) -> Document:
        one = self._document
        return Document(one.graph.copy(), dict(one.viewport), dict(one.about), dict(one.rest))


def _checked(definition: NodeDefinition | None, values: Mapping[str, Any], plugin: str) -> dict[str, Any]:
    """Parameters as they are saved."""
    if definition is not None and (definition.inputs or definition.parameters):
        values = definition.renamed(values, plugin_id=plugin)
    checked = {}
    for name, value in values.items():
        path = json_path(["parameters", str(name)])
        if definition is not None and (definition.inputs or definition.parameters):
            parameter = definition.parameter(name)
            if parameter is None:
                remedy = suggestion(str(name)[:64], [one.name for one in definition.parameters])
                if definition.input(name) is not None:
                    remedy = f'it is an input: flow.input("{name}") >> node["{name}"]'
                raise InputError(f"no parameter {show(name)}", plugin_id=plugin, remedy=remedy, path=path)
            try:
                value = parameter.named(value)
            except Misfit as misfit:
                message = f"parameter {show(name)} {misfit}"
                raise InputError(message, plugin_id=plugin, remedy=misfit.remedy, path=path) from None
        checked[name] = plain(value, name, plugin)
    return checked


def _unplaced(graph: Graph) -> tuple[float, float]:
    """Where a node lies that nobody has placed: on a grid, or behind the last one where somebody has laid the others out."""
    number = len(graph.nodes)
    places = [node.raw["position"] for node in graph.nodes.values() if not node.raw.get("parentId")]
    if all(place["x"] % STEP_X == 0 and place["y"] % STEP_Y == 0 for place in places):
        return number % 6 * STEP_X, number // 6 * STEP_Y
    last = max(places, key=lambda place: float(place["x"]))
    return last["x"] + STEP_X, last["y"]


def _id_of(node: FlowNode | str) -> str:
    return node.id if isinstance(node, FlowNode) else node


def _line(text: object) -> str:
    if not isinstance(text, str) or not text.strip() or len(text) > _LABEL or not text.isprintable():
        raise InputError(f"{show(text)} is no label", remedy=f"one line of at most {_LABEL} characters")
    return text


def _place(place: tuple[float, float]) -> dict[str, float]:
    x, y = (float(value) for value in place)
    if not math.isfinite(x) or not math.isfinite(y):
        raise InputError(f"({x}, {y}) is no place on a canvas", remedy="give two numbers, in pixels")
    return {"x": x, "y": y}
