"""The document of a flow: React Flow's JSON, in and out.

Owns the format, its bounds and the file. Keeps every key that it doesn't know. Refuses what is cut short (saying where),
what is of a newer format (naming both), nodes without an id, edges whose node isn't there, and what is larger than anybody
draws. Plugins that aren't here and ports that have gone are no matter of the document: ``problems`` tells them.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError, PluginError
from ..files import put
from ..schema.json_text import MAX_DEPTH, NotPlain, check_plain, json_path
from ..schema.strict import show, suggestion
from .graph import KINDS, Edge, Graph, Node

FORMAT = 1
OURS = "schillinger"
MAX_BYTES = 8 * 1024 * 1024
MAX_NODES = 10_000
MAX_EDGES = 50_000
MAX_VALUES = 2_000_000
MAX_TEXT = 100_000
"""Characters of a label, a comment or any other string."""
MAX_SEED = 2**53 - 1
"""What a page's numbers hold exactly."""

_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]{1,400}\Z")
_KEYS = ("nodes", "edges", "viewport", OURS)


@dataclass
class Document:
    """A flow as it is saved.

    Attributes
    ----------
    about : dict
        What is under the key ``schillinger``: format, name, seed, and what else was there.
    rest : dict
        Keys beside it that are none of ours.
    """

    graph: Graph = field(default_factory=Graph)
    viewport: dict[str, Any] = field(default_factory=lambda: {"x": 0.0, "y": 0.0, "zoom": 1.0})
    about: dict[str, Any] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain data that is the caller's own. A group comes before what lies in it, as React Flow wants it."""
        nodes = [node.raw for node in _parents_first(self.graph)]
        edges = [edge.raw for edge in self.graph.edges.values()]
        about = {**self.about, "format": FORMAT}
        whole = {"nodes": nodes, "edges": edges, "viewport": self.viewport, OURS: about, **self.rest}
        plain: dict[str, Any] = copy.deepcopy(whole)
        return plain


def parse(data: object) -> Document:
    """A document of plain data.

    Raises
    ------
    InputError
        For the first rule that it breaks, with the path in the data.
    """
    try:
        check_plain(data, max_values=MAX_VALUES)
    except NotPlain as error:
        raise _refusal(str(error), error.path) from None
    data = copy.deepcopy(data)
    if not isinstance(data, dict):
        raise _refusal(f"it is {show(data)}, expected an object", "$")
    about = _part(data, OURS, dict, {})
    _demand_format(about)
    graph = Graph()
    for index, raw in enumerate(_part(data, "nodes", list, [], at_most=MAX_NODES)):
        node = _node(raw, ["nodes", index])
        if node.id in graph.nodes:
            raise _refusal(f"the id {show(node.id)} is there twice", json_path(["nodes", index, "id"]))
        graph.put(node)
    for index, raw in enumerate(_part(data, "edges", list, [], at_most=MAX_EDGES)):
        edge = _edge(raw, ["edges", index])
        if edge.id in graph.edges:
            raise _refusal(f"the id {show(edge.id)} is there twice", json_path(["edges", index, "id"]))
        for end in ("source", "target"):
            if raw[end] not in graph.nodes:
                message = f"the edge {show(edge.id)} leads to the node {show(raw[end])}, which isn't there"
                raise _refusal(message, json_path(["edges", index, end]), suggestion(raw[end][:64], graph.nodes))
        graph.edges[edge.id] = edge
    viewport = _part(data, "viewport", dict, {})
    for axis in ("x", "y", "zoom"):
        viewport.setdefault(axis, 1.0 if axis == "zoom" else 0.0)
        _number(viewport[axis], ["viewport", axis])
    rest = {key: value for key, value in data.items() if key not in _KEYS}
    return Document(graph, viewport, about, rest)


def read(text: bytes) -> Document:
    """A document of the bytes of a file.

    Raises
    ------
    InputError
        Also for bytes that are no JSON, with the line; of what is cut short it says so.
    """
    if len(text) > MAX_BYTES:
        raise _refusal(f"{len(text)} bytes long, at most {MAX_BYTES} are read", "$")
    try:
        characters = text.decode("utf-8-sig")
        data = json.loads(characters, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        cut = error.end >= len(text) and "unexpected end" in error.reason
        raise _cut_short(f"byte {error.start}") if cut else _refusal(f"no UTF-8 at byte {error.start}", "$") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        # Cut within a string, a word or a number, or before what has to come next.
        if error.msg.startswith("Unterminated string") or not characters[error.pos :].strip(_CUT_WORDS):
            raise _cut_short(where) from None
        raise _refusal(f"no JSON: {error.msg} in {where}", "$") from None
    except RecursionError:
        raise _refusal(f"nested more than {MAX_DEPTH} deep", "$") from None
    except ValueError as error:
        raise _refusal(str(error), "$") from None
    return parse(data)


def open_file(path: str | Path) -> Document:
    """The document in a file.

    Raises
    ------
    InputError
        With the file's name, for one that isn't there or breaks a rule.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{show(str(path))} can't be read: {error.strerror or error}", remedy="check the path"
        ) from None
    try:
        return read(text)
    except InputError as error:
        error.message = f"{show(path.name)}: {error.message}"
        raise


def save_file(document: Document, path: str | Path) -> None:
    """Write a document: aside, made sure that it is on disk, then put in its place.

    Raises
    ------
    PluginError
        If the file can't be written; what was there before is still there.
    """
    path = Path(path)
    text = json.dumps(document.as_dict(), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    if len(text) > MAX_BYTES:
        raise InputError(
            f"the flow takes {len(text)} bytes, at most {MAX_BYTES} are read again", remedy="shorten its texts"
        )
    try:
        put(path, text)
    except OSError as error:
        message = f"{show(str(path))} can't be written: {error.strerror or error}"
        raise PluginError(message, remedy="choose another place") from error


def demand_id(text: object, path: list[str | int]) -> str:
    """A string that can be an id. Raises `InputError`."""
    if not isinstance(text, str) or _ID.match(text) is None:
        raise _refusal(f"{show(text)} is no id", json_path(path), "give it up to 400 characters that can be shown")
    return text


def demand_texts(value: object, path: list[str | int]) -> None:
    """Raise `InputError` for a text that nobody reads to its end."""
    rest: list[tuple[object, list[str | int]]] = [(value, path)]
    while rest:
        value, path = rest.pop()
        if isinstance(value, str) and len(value) > MAX_TEXT:
            message = f"a text of {len(value)} characters, at most {MAX_TEXT} are taken"
            raise _refusal(message, json_path(path), "shorten it")
        if isinstance(value, Mapping):
            rest += [(item, [*path, str(key)]) for key, item in value.items() if isinstance(item, (str, list, Mapping))]
        elif isinstance(value, list):
            rest += [
                (item, [*path, index]) for index, item in enumerate(value) if isinstance(item, (str, list, Mapping))
            ]


_CUT_WORDS = "-+.eEtrufalsn \n\r\t"


def _demand_format(about: dict[str, Any]) -> None:
    number = about.get("format", FORMAT)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise _refusal(f"{show(number)} is no format", json_path([OURS, "format"]), f"this version writes {FORMAT}")
    if number > FORMAT:
        message = f"it is of format {number}, and this version reads formats up to {FORMAT}"
        raise _refusal(message, json_path([OURS, "format"]), "update schillinger_plugins")
    name, seed = about.get("name", ""), about.get("seed", 0)
    if not isinstance(name, str) or len(name) > MAX_TEXT:
        raise _refusal(f"{show(name)} is no name", json_path([OURS, "name"]))
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise _refusal(f"{show(seed)} is no seed", json_path([OURS, "seed"]), "a whole number from 0 to 2^53-1")


def _node(raw: object, path: list[str | int]) -> Node:
    if not isinstance(raw, dict):
        raise _refusal(f"a node is {show(raw)}, expected an object", json_path(path))
    demand_id(raw.get("id"), [*path, "id"])
    if raw.get("type") not in KINDS:
        message = f"the node {show(raw['id'])} is of the type {show(raw.get('type'))}"
        raise _refusal(message, json_path([*path, "type"]), f"known: {', '.join(KINDS)}")
    position = _part(raw, "position", dict, {}, path)
    raw["position"] = position
    for axis in ("x", "y"):
        position.setdefault(axis, 0.0)
        _number(position[axis], [*path, "position", axis])
    data = _part(raw, "data", dict, {}, path)
    raw["data"] = data
    _part(data, "parameters", dict, {}, [*path, "data"])
    _part(data, "config", dict, {}, [*path, "data"])
    for key in ("plugin", "version", "label", "name", "text", "content_hash"):
        _part(data, key, str, "", [*path, "data"])
    if raw["type"] == "plugin" and not data.get("plugin"):
        raise _refusal(f"the node {show(raw['id'])} names no plugin", json_path([*path, "data", "plugin"]))
    if raw.get("parentId") is not None:
        demand_id(raw["parentId"], [*path, "parentId"])
    demand_texts(raw, path)
    return Node(raw)


def _edge(raw: object, path: list[str | int]) -> Edge:
    if not isinstance(raw, dict):
        raise _refusal(f"an edge is {show(raw)}, expected an object", json_path(path))
    for key in ("id", "source", "target"):
        demand_id(raw.get(key), [*path, key])
    for key in ("sourceHandle", "targetHandle"):
        if raw.get(key) not in (None, ""):
            demand_id(raw[key], [*path, key])
    demand_texts(raw, path)
    return Edge(raw)


def _part(
    data: dict[str, Any], key: str, kind: Any, default: Any, path: list[str | int] | None = None, at_most: int = 0
) -> Any:
    value = data.get(key)
    if value is None:
        return default
    if not isinstance(value, kind):
        names = {dict: "an object", list: "a list", str: "a text"}
        raise _refusal(f"{key} is {show(value)}, expected {names[kind]}", json_path([*(path or []), key]))
    if at_most and len(value) > at_most:
        raise _refusal(f"{len(value)} {key}, at most {at_most} are taken", json_path([*(path or []), key]))
    return value


def _number(value: object, path: list[str | int]) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _refusal(f"{show(value)} is no number", json_path(path))


def _parents_first(graph: Graph) -> list[Node]:
    placed: dict[str, Node] = {}
    for node in graph.nodes.values():
        line = []
        here: Node | None = node
        while here is not None and here.id not in placed and here not in line:
            line.append(here)
            here = graph.nodes.get(str(here.raw.get("parentId") or ""))
        placed.update((one.id, one) for one in reversed(line))
    return list(placed.values())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add gives None
        raise ValueError(f"the key {show(twice)} is there twice")
    return data


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _cut_short(where: str) -> InputError:
    return InputError(f"the flow is cut short at {where}", remedy="take a copy of it that is whole", path="$")


def _refusal(message: str, path: str, remedy: str | None = None) -> InputError:
    return InputError(f"this is no flow that can be read: {message}", remedy=remedy or "mend it there", path=path)
