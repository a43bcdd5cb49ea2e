"""A flow as a still picture and an outline, for where no canvas can be.

Owns the drawing: nodes where they lie, or in columns if nobody has placed them; ports in the colours of their types,
edges, and how the last run ended with each. A PNG, since the web's notebook viewers show one and may take an SVG away.
Says None where there is nothing to draw, too much to be read, or matplotlib is not installed. Called by ``display``.
"""

from __future__ import annotations

import html
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..flow import VALUE
from ..flow.arrange import arranged
from ..flow.editing import STEP_X, STEP_Y
from ..flow.graph import Graph, Node, ends, order

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..flow import Flow

MAX_DRAWN = 120
"""Nodes; more would be dust."""

_WIDTH, _HEAD, _ROW = 190.0, 26.0, 18.0
_MARGIN = 30.0
_PER_INCH = 105.0
_MAX_INCHES = 16.0
_INK, _SOFT, _LINE, _PAPER = "#1d1d24", "#5c5c68", "#85858f", "#ffffff"
_TYPES = {
    "audio": "#d97706",
    "array": "#7c5cdb",
    "number": "#2563eb",
    "integer": "#2563eb",
    "string": "#db2777",
    "boolean": "#0d9488",
    "figure": "#65a30d",
    "midi": "#c026d3",
    "events": "#c026d3",
}
_OTHER = "#6b7280"
_STATES = {
    "done": "#1b6e45",
    "cached": "#1b6e45",
    "failed": "#b3261e",
    "blocked": "#8a4b08",
    "cancelled": "#8a4b08",
}


def flow_png(flow: Flow) -> bytes | None:
    """The picture, or None."""
    nodes = {name: node for name, node in flow.graph.nodes.items() if node.kind in ("plugin", "input", "comment")}
    if not nodes or len(nodes) > MAX_DRAWN:
        return None
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    places = arranged(flow.graph) if _is_as_added(flow.graph) else {name: _place(flow, nodes[name]) for name in nodes}
    boxes = {name: _Box(flow, node, places[name]) for name, node in nodes.items()}
    left, right = min(b.x for b in boxes.values()) - _MARGIN, max(b.x + _WIDTH for b in boxes.values()) + _MARGIN
    top, bottom = min(b.y for b in boxes.values()) - _MARGIN, max(b.y + b.height for b in boxes.values()) + _MARGIN
    width, height = right - left, bottom - top
    if not 0 < width < 1e6 or not 0 < height < 1e6:  # what somebody has dragged to the moon
        return None
    inches = min(1.0, _MAX_INCHES * _PER_INCH / max(width, height))
    size = (width / _PER_INCH * inches, height / _PER_INCH * inches)
    figure = Figure(figsize=(max(size[0], 2.0), max(size[1], 1.0)), dpi=100, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.axis("off")
    for edge in flow.graph.edges.values():
        if edge.source in boxes and edge.target in boxes:
            _draw_edge(axes, boxes[edge.source], edge.output, boxes[edge.target], edge.input)
    states = flow.last.states if flow.last is not None else {}
    for name, box in boxes.items():
        box.draw(axes, states.get(name, ""), inches)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def flow_html(flow: Flow) -> str:
    """The outline: each node with what feeds it, in the order in which they run."""
    graph = flow.graph
    states = flow.last.states if flow.last is not None else {}
    running = order(graph.nodes, graph.needs())
    rows = []
    for name in [*running, *(name for name in graph.nodes if name not in running)]:
        node = graph.nodes[name]
        if node.kind not in ("plugin", "input"):
            continue
        fed = ", ".join(f"{edge.input} ← {edge.source}.{edge.output}" for edge in graph.into(name))
        cells = (name, node.plugin or str(node.data.get("type", "")), fed, _set(node), states.get(name, ""))
        rows.append("<tr>" + "".join(f"<td style='text-align:left'>{_short(cell)}</td>" for cell in cells) + "</tr>")
    heads = "".join(f"<th style='text-align:left'>{head}</th>" for head in ("node", "of", "fed by", "set", "last run"))
    flaws = "".join(
        f"<li>{_short(f'{p.message} → {p.remedy}' if p.remedy else p.message)}</li>" for p in flow.problems()
    )
    return (
        f"<p><strong>{_short(flow.name)}</strong></p><table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        + (f"<ul>{flaws}</ul>" if flaws else "")
    )


class _Box:
    """A node as it is drawn."""

    def __init__(self, flow: Flow, node: Node, place: tuple[float, float]) -> None:
        self.node = node
        self.x, self.y = place
        found = ends(node, flow.definition)
        self.inputs = dict(found.inputs or dict.fromkeys((edge.input for edge in flow.graph.into(node.id)), "any"))
        used = [edge.output for edge in flow.graph.edges.values() if edge.source == node.id]
        shown = dict(found.outputs or dict.fromkeys(used, "any"))
        # An analysis has dozens of outputs: those that lead somewhere, and a few more.
        self.outputs = {name: kind for name, kind in shown.items() if name in used}
        for name, kind in shown.items():
            if len(self.outputs) < max(3, len(self.inputs)):
                self.outputs.setdefault(name, kind)
        rows = max(len(self.inputs), len(self.outputs), 1)
        self.height = _HEAD + (rows * _ROW if node.kind == "plugin" else 6.0)

    def port(self, name: str, side: str) -> tuple[float, float]:
        """Where a port is."""
        names = list(self.inputs if side == "input" else self.outputs)
        row = names.index(name) if name in names else 0
        y = self.y + self.height / 2 if self.node.kind == "input" else self.y + _HEAD + (row + 0.45) * _ROW
        return (self.x if side == "input" else self.x + _WIDTH), y

    def draw(self, axes: Axes, state: str, scale: float) -> None:
        from matplotlib.patches import FancyBboxPatch

        def write(x: float, y: float, text: str, size: float, color: str, align: str = "left") -> None:
            axes.text(
                x, y, text, fontsize=size * scale, color=color, ha=align, va="center", parse_math=False, clip_on=True
            )

        comment = self.node.kind == "comment"
        edge = _STATES.get(state, _LINE)
        face = "#fdf6e3" if comment else "#f3f3f6" if self.node.kind == "input" else _PAPER
        style = "round,pad=0,rounding_size=8"
        axes.add_patch(
            FancyBboxPatch(
                (self.x, self.y),
                _WIDTH,
                self.height,
                boxstyle=style,
                fc=face,
                ec=edge,
                lw=1.6 if state else 1.0,
                zorder=2,
            )
        )
        if comment:
            write(self.x + 10, self.y + self.height / 2, _clip(str(self.node.data.get("text", "")), 34), 7, _SOFT)
            return
        write(self.x + 10, self.y + _HEAD / 2, _clip(self.node.label, 22), 8, _INK)
        if state:
            write(self.x + _WIDTH - 10, self.y + _HEAD / 2, state, 6.5, edge, "right")
        elif self.node.kind == "input":
            write(
                self.x + _WIDTH - 14, self.y + _HEAD / 2, str(self.node.data.get("type", ""))[:10], 6.5, _SOFT, "right"
            )
        for side, ports in (("input", self.inputs), ("output", self.outputs)):
            for name, kind in ports.items():
                x, y = self.port(name, side)
                axes.plot([x], [y], "o", color=_TYPES.get(kind, _OTHER), markersize=5 * scale, zorder=3)
                if name != VALUE:
                    write(
                        x + (8 if side == "input" else -8),
                        y,
                        _clip(name, 15),
                        6.5,
                        _SOFT,
                        "left" if side == "input" else "right",
                    )


def _draw_edge(axes: Axes, source: _Box, output: str, target: _Box, into: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, y0), (x1, y1) = source.port(output, "output"), target.port(into, "input")
    bend = max(40.0, abs(x1 - x0) / 2)
    path = Path([(x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)], [Path.MOVETO, *[Path.CURVE4] * 3])
    kind = source.outputs.get(output, "any")
    axes.add_patch(PathPatch(path, fc="none", ec=_TYPES.get(kind, _OTHER), lw=1.4, zorder=1))


def _is_as_added(graph: Graph) -> bool:
    """Whether all nodes are on the grid on which Python puts them, one after the other."""
    places = [node.raw["position"] for node in graph.nodes.values()]
    return all(place["x"] % STEP_X == 0 and place["y"] % STEP_Y == 0 for place in places) and not any(
        node.kind == "group" for node in graph.nodes.values()
    )


def _place(flow: Flow, node: Node) -> tuple[float, float]:
    """Where it lies in the flow: what is in a group lies where that does, and so on."""
    x = y = 0.0
    here: Node | None = node
    for _ in range(16):
        if here is None:
            break
        position: Mapping[str, Any] = here.raw["position"]
        x, y = x + float(position["x"]), y + float(position["y"])
        here = flow.graph.nodes.get(str(here.raw.get("parentId", "")))
    return x, y


def _set(node: Node) -> str:
    if node.kind == "input":
        value = node.data.get("value", node.data.get("held", ""))
        return "" if value is None else str(value)
    return ", ".join(f"{name}={value!r}" for name, value in node.parameters.items())


def _short(text: str) -> str:
    return html.escape(_clip(text, 120))


def _clip(text: str, most: int) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"
