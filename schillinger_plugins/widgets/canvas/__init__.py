"""Canvas: a flow to draw, wire and run by hand.

`widget` is the widget; `pages` keeps its document in step with what pages write, `standings` how it stands with each node,
`offers` what there is to add and what is wrong, `shown` opens a result; `telling` and `errands` are the threads. The flow
itself, and how it is merged and run, is the room ``flow``.
"""

from __future__ import annotations

from .widget import FlowWidget, flow_view

__all__ = ["FlowWidget", "flow_view"]
