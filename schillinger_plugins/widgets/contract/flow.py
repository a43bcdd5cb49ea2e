"""What the canvas and Python tell each other about a flow.

The document is React Flow's own JSON. The page writes it as a whole at the end of each gesture, with the revision that it
grew from; Python merges it with what happened meanwhile. A page may write again before it has been answered: what it
writes then grew from its own write before, which Python keeps for that, as long as the revision is the same. A page takes
over what comes from Python once its own last write is in it (``heard``).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from .words import Message, Mime, State, VegaLite

NodeState = Literal["idle", "queued", "running", "done", "cached", "failed", "blocked", "cancelled"]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """In the canvas's pixels."""

    x: float
    y: float


class FlowNode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A node of React Flow. What else it has of React Flow's fields is kept as it is."""

    id: str
    type: Literal["plugin", "input", "comment", "group"]
    position: Position
    data: dict[str, Any]
    """plugin: plugin, version, content_hash, parameters, label, bypassed; input: name, type, value; comment: text;
    group: label."""
    parentId: str | None = None  # noqa: N815 - React Flow's name
    width: float | None = None
    height: float | None = None


class FlowEdge(msgspec.Struct, frozen=True, kw_only=True):
    """A connection from an output to an input."""

    id: str
    source: str
    sourceHandle: str  # noqa: N815 - React Flow's name
    target: str
    targetHandle: str  # noqa: N815 - React Flow's name


class Viewport(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at last."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A flow as React Flow saves it, and the revision that it is."""

    nodes: list[FlowNode]
    edges: list[FlowEdge]
    viewport: Viewport
    revision: int = 0
    page: str = ""
    """Who writes it; empty if that is Python."""
    write: int = 0
    """Which of that page's writes this is, from 1."""
    heard: dict[str, int] = {}
    """What Python has merged: for each page, the number of its last write that is in it. One that was refused isn't."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin in the palette. Its definition is None until a worker was asked for it; see `Define`."""

    plugin: str
    version: str
    label: str
    plugin_type: str
    category: str
    description: str
    definition: dict[str, Any] | None = None


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a click would mend: use another version or plugin, or remove an edge."""

    label: str
    do: Literal["use", "disconnect", "reset", "grant"]
    plugin: str = ""
    version: str = ""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a flow from running, at the node or edge where it is."""

    message: str
    node: str = ""
    edge: str = ""
    port: str = ""
    remedy: str = ""
    fixes: list[Remedy] = []


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one node."""

    state: NodeState = "idle"
    progress: float = 0.0
    message: str = ""
    wall_s: float | None = None
    stale: bool = False
    """Whether its result is of other parameters, inputs or code than it has now."""
    error: dict[str, str] = {}
    """type, message, remedy, path, traceback; empty if there is none."""
    summary: list[dict[str, str]] = []
    """label, text, unit of the figures of its last result."""
    has_result: bool = False


class FlowState(State):
    """The traits of a flow's widget."""

    name: str
    document: Document
    palette: list[Entry]
    definitions: dict[str, dict[str, Any]]
    """By plugin id, of the plugins that the document uses."""
    problems: list[Problem]
    standings: dict[str, Standing]
    """By node id."""
    running: bool
    progress: float
    """Of the whole run, 0 to 1."""
    eta_s: float | None
    message: str


class Run(Message, tag="run"):
    """Run the flow, or what leads to these nodes and these."""

    nodes: list[str] = msgspec.field(default_factory=list)
    anew: bool = False
    """Whether also what is in the cache."""


class Cancel(Message, tag="cancel"):
    """End the run."""


class Define(Message, tag="define"):
    """Ask a plugin for its definition: it comes in ``palette`` and ``definitions``."""

    plugin: str


class Show(Message, tag="show"):
    """Ask for a node's result, to be opened beside it; answered by `Shown`."""

    node: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What a buffer of a shown result is."""

    mime: Mime | VegaLite
    label: str
    """The name of a sound, a picture or drawing in words."""
    is_still: bool = False
    """Whether a live view shows the same."""


class Shown(Message, tag="shown"):
    """A node's result: its outputs as text, its drawings, a still picture and its sounds in the buffers."""

    node: str
    outputs: list[dict[str, str]]
    parts: list[Part]
    """For each buffer."""
    view: str = ""
    """The model id of a live view of it, if there is one."""


ToKernel = Run | Cancel | Define | Show
ToPage = Shown
