"""Figure: how a drawing that a plugin returned reaches the eye.

Owns which of the front-end's renderers gets it. Vega-Lite goes to the one that JupyterLab brings along, which draws it and
puts a PNG beside it into the notebook, so that it is seen where nothing draws. SVG and pictures go into an ``<img>``, in
which browsers run no script and fetch nothing. Everything has its alternative text. Refuses what ``definition.figures``
refuses, whatever was done to a figure since the worker sent it; loads no JavaScript and runs none. Called by ``display`` and
``report``.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterator
from typing import Any

from ..definition.figures import checked
from ..definition.ports import Misfit
from ..result import Result
from ..types import Figure
from .contract.words import Mime, VegaLite
from .views import readable

VEGA_LITE: VegaLite = "application/vnd.vegalite.v5+json"
"""What JupyterLab 4 renders by itself; it knows no later version."""

HEAD_ROWS = 5
HEAD_COLUMNS = 8

_EMBED = {"actions": {"export": True, "source": False, "compiled": False, "editor": False}}
"""Of the chart's menu: saving a picture. The editor would send the data to a page of somebody else."""


def figures_in(result: Result) -> Iterator[tuple[str, Figure]]:
    """The figures of a result, with their labels."""
    labels = {output.name: output.label for output in result.definition.outputs}
    for name, value in result.items():
        if isinstance(value, Figure):
            yield labels.get(name, name), value


def bundle_of(figure: Figure) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a notebook gets.

    Returns
    -------
    data, metadata : dict
        By MIME type. One that can't be drawn is text that says why.
    """
    try:
        figure = checked(figure)
    except Misfit as misfit:
        return {"text/plain": f"{figure!r}\nIt is not drawn: it {misfit}"}, {}
    if figure.format == "vega_lite":
        # No HTML beside it: JupyterLab would show that instead.
        spec = {"description": figure.alt, **figure["vega_lite"]}  # for screen readers
        data = {VEGA_LITE: spec, "text/plain": f"{figure!r}\n{_head_text(figure)}".rstrip()}
        return data, {VEGA_LITE: {"embed_options": _EMBED}}
    return {"text/html": _img(figure), "text/plain": repr(figure)}, {}


def figure_html(label: str, figure: Figure) -> str:
    """A figure in a page without scripts: the picture; of Vega-Lite the words, the data's beginning and the specification.

    Returns
    -------
    str
        An HTML fragment; all text of the plugin escaped.
    """
    try:
        figure = checked(figure)
    except Misfit as misfit:
        return f"<p>{_safe(label)} is not drawn: it {_safe(str(misfit))}</p>"
    if figure.format != "vega_lite":
        return _img(figure)
    header, rows, count = _head(figure)
    table = ""
    if rows:
        cells = "".join(f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in row)}</tr>" for row in rows)
        names = "".join(f"<th>{_safe(name)}</th>" for name in header)
        table = f"<table><caption>{len(rows)} of {count} rows</caption><tr>{names}</tr>{cells}</table>"
    spec = _safe(json.dumps(figure["vega_lite"], ensure_ascii=False))
    return (
        f"<figure><figcaption>{_safe(label)}: {_safe(figure.alt)}</figcaption>{table}"
        f"<details><summary>Vega-Lite, to be drawn in JupyterLab</summary><code>{spec}</code></details></figure>"
    )


def bytes_of(figure: Figure) -> tuple[Mime | VegaLite, bytes]:
    """What a page draws of a figure that has been checked: a picture, or what its own renderer of Vega-Lite reads."""
    if figure.format == "vega_lite":
        return VEGA_LITE, json.dumps(figure["vega_lite"], ensure_ascii=False, allow_nan=False).encode()
    if figure.format == "svg":
        return "image/svg+xml", figure["svg"].encode()
    data = figure["image"].tobytes()
    return ("image/png" if data.startswith(b"\x89PNG") else "image/jpeg"), data


def _img(figure: Figure) -> str:
    mime, data = bytes_of(figure)
    address = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    # White behind it: most drawings are made for paper, and a dark page would swallow their ink.
    return f'<img alt="{_safe(figure.alt)}" style="max-width: 100%; background: white" src="{address}">'


def _head(figure: Figure) -> tuple[list[str], list[list[str]], int]:
    """The first rows of the first data that there is."""
    rest: list[Any] = [figure["vega_lite"]]
    while rest:
        value = rest.pop(0)
        if not isinstance(value, dict):
            rest[:0] = value if isinstance(value, list) else []
            continue
        data = value.get("data")
        rows = data.get("values") if isinstance(data, dict) else None
        if rows is None and isinstance(value.get("datasets"), dict):
            rows = next(iter(value["datasets"].values()), None)
        if rows and isinstance(rows, list):
            tabular = [row if isinstance(row, dict) else {"data": row} for row in rows[:HEAD_ROWS]]
            header = list(dict.fromkeys(key for row in tabular for key in row))[:HEAD_COLUMNS]
            return header, [[_cell(row.get(key)) for key in header] for row in tabular], len(rows)
        rest[:0] = [item for key, item in value.items() if key in ("layer", "hconcat", "vconcat", "concat", "spec")]
    return [], [], 0


def _head_text(figure: Figure) -> str:
    header, rows, count = _head(figure)
    if not rows:
        return ""
    widths = [max(len(line[column]) for line in (header, *rows)) for column in range(len(header))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in (header, *rows)]
    more = [f"… {count} rows"] if count > len(rows) else []
    return "\n".join([*lines, *more])


def _cell(value: Any) -> str:
    text = readable(value) if value is None or isinstance(value, (bool, int, float, str)) else "…"
    return "".join(character if character.isprintable() else "·" for character in text)[:40]


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
