"""A panel as HTML that stands still: for notebooks without a kernel, in print and on the web.

Owns the still counterpart of ``panel``: groups, values of controls, outputs. Every string of the plugin is escaped; there is
no script in it. Refuses nothing. Called by ``panel``.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from ..definition import NodeDefinition
from ..definition.panel import Item, panel_of
from ..types import Figure
from .figure import figure_html
from .panel_views import shown
from .report import readable_any


def panel_html(definition: NodeDefinition, values: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    """A panel with these values.

    Returns
    -------
    str
        An HTML fragment; all text of the plugin escaped.
    """
    parts = [f"<p><strong>{_safe(definition.label)}</strong> {_safe(definition.description)}</p>"]
    for group in panel_of(definition).groups:
        rows = "".join(_row(definition, item, values, outputs) for item in group.items)
        caption = f'<caption style="text-align:left">{_safe(group.label)}</caption>' if group.label else ""
        parts.append(f"<table>{caption}{rows}</table>")
    return "".join(parts)


def _row(definition: NodeDefinition, item: Item, values: Mapping[str, Any], outputs: Mapping[str, Any]) -> str:
    name = item.name or ""
    if item.kind == "heading":
        return _cells(item.label or "", "", heading=True)
    if item.kind == "button":
        return _cells("", f"[ {_safe(item.label or name)} ]")
    if item.kind == "control":
        parameter = definition.parameter(name)
        assert parameter is not None
        text = f"{readable_any(values.get(name, parameter.default))} {parameter.unit}".rstrip()
        return _cells(parameter.label, _safe(text))
    output = definition.output(name)
    assert output is not None
    label = item.label or output.label
    if name not in outputs:
        return _cells(label, "–")
    value = outputs[name]
    if isinstance(value, Figure):
        return _cells(label, figure_html(label, value))
    view = shown(item.kind, value).view
    if "rows" in view:
        return _cells(label, _table(view))
    unit = output.unit if view.get("number") is not None else ""
    return _cells(label, _safe(f"{view.get('text', '')} {unit}".rstrip()))


def _table(view: Mapping[str, Any]) -> str:
    head = "".join(f"<th>{_safe(name)}</th>" for name in view["header"])
    body = "".join(f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in view["rows"])
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>{_safe(view['note'])}"


def _cells(label: str, body: str, *, heading: bool = False) -> str:
    left = 'style="text-align:left"'
    wide = ' colspan="2"' if heading else ""
    return f"<tr><th {left}{wide}>{_safe(label)}</th>" + ("</tr>" if heading else f"<td {left}>{body}</td></tr>")


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
