"""Widgets: how a node and a result are drawn.

Owns the doors of this room and loads what is behind one only when it is opened: neither anywidget nor matplotlib is
imported before something is drawn. Called by the magics (`install`, `node_view`), the command line (`report_html`) and
people in a notebook (`NodeWidget`, `PanelWidget`, `FlowWidget`, `AnalysisView`, `explore`, `compare`, `draw`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis import AnalysisView, explore
    from .canvas import FlowWidget, flow_view
    from .comparison import Comparison, compare
    from .display import draw, install, uninstall
    from .node import NodeWidget
    from .nodes import node_of, node_view, panel_view
    from .panel import PanelWidget
    from .picture import picture_png
    from .report import node_html, report_html, table_html

__all__ = [
    "AnalysisView",
    "Comparison",
    "FlowWidget",
    "NodeWidget",
    "PanelWidget",
    "compare",
    "draw",
    "explore",
    "flow_view",
    "install",
    "node_html",
    "node_of",
    "node_view",
    "panel_view",
    "picture_png",
    "report_html",
    "table_html",
    "uninstall",
]

_HOMES = {
    "AnalysisView": "analysis",
    "Comparison": "comparison",
    "FlowWidget": "canvas",
    "NodeWidget": "node",
    "PanelWidget": "panel",
    "compare": "comparison",
    "draw": "display",
    "explore": "analysis",
    "flow_view": "canvas",
    "install": "display",
    "node_html": "report",
    "node_of": "nodes",
    "node_view": "nodes",
    "panel_view": "nodes",
    "picture_png": "picture",
    "report_html": "report",
    "table_html": "report",
    "uninstall": "display",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
