"""Report: a node and a result as HTML that needs nothing else.

Owns the static tables of a notebook and the page that the command line writes. Every string that comes from a plugin is
escaped; there is no script in it. Refuses nothing. Called by ``display``, ``node`` and the command line.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

from ..definition import NodeDefinition
from ..result import Result
from ..types import Audio
from .figure import figure_html, figures_in
from .picture import picture_png
from .views import Figure, Views, readable, views_of
from .wav import encode

MAX_PLAYER_S = 60.0
"""Longer sound is not put into a page, which would be tens of megabytes."""

_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 }
p { margin: .3rem 0 1rem }
img { max-width: 100%; background: white }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
th, td { border-bottom: 1px solid #8884 }
th { font-weight: 500 }
td { font-variant-numeric: tabular-nums }
audio { width: 100% }
footer { font-size: .85rem }
code { font-size: .9em; overflow-wrap: anywhere }
"""


def table_html(shown: Result | Audio | Views) -> str:
    """The outputs with their units, without a picture.

    Returns
    -------
    str
        An HTML fragment; all text of the plugin escaped.
    """
    return _table(views_of(shown))


def node_html(definition: NodeDefinition) -> str:
    """A node's ports and parameters as tables.

    Returns
    -------
    str
        An HTML fragment; all text of the plugin escaped.
    """
    parts = [f"<p><strong>{_safe(definition.label)}</strong> {_safe(definition.description)}</p>"]
    for title, ports in (("Inputs", definition.inputs), ("Outputs", definition.outputs)):
        if ports:
            rows = [(port.name, port.describe(), port.tooltip or port.label) for port in ports]
            parts.append(_rows(title, rows))
    if definition.parameters:
        rows = [(p.name, f"{p.describe()}; {_default(p.default)}", p.tooltip or p.label) for p in definition.parameters]
        parts.append(_rows("Parameters", rows))
    return "".join(parts)


def report_html(result: Result) -> str:
    """A page that stands alone: picture, player, table, and how to repeat the call.

    Returns
    -------
    str
        A whole HTML document without scripts.
    """
    provenance = result.provenance
    title = f"{result.definition.label} ({provenance.plugin_id} {provenance.plugin_version})"
    views = views_of(result)
    parts = [f"<h1>{_safe(title)}</h1><p>{_safe(result.definition.description)}</p>"]
    parts.extend(figure_html(label, figure) for label, figure in figures_in(result))
    png = picture_png(result)
    if png is not None:
        data = base64.b64encode(png).decode()
        parts.append(f'<img alt="{_safe(_describe(views))}" src="data:image/png;base64,{data}">')
    parts.extend(_players(views))
    parts.append(_table(views))
    parts.append(_rows("Parameters", [(name, readable_any(v), "") for name, v in provenance.parameters.items()]))
    repeat = [
        ("content hash", provenance.content_hash, ""),
        ("seed", str(provenance.seed), ""),
        ("sandbox level", provenance.sandbox_level, ""),
        ("started", provenance.started_at, ""),
        ("took", f"{result.stats.wall_s:.3g} s", ""),
        *((f"input {name}", f"sha256 {value}", "") for name, value in provenance.input_digests.items()),
        *((name, value, "") for name, value in provenance.versions.items()),
    ]
    parts.append(f"<footer>{_rows('To repeat this', repeat)}</footer>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_safe(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def readable_any(value: object) -> str:
    """A parameter's value in one line."""
    text = readable(value) if value is None or isinstance(value, (bool, int, float, str)) else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _table(views: Views) -> str:
    rows = [*views.figures, *counts(views), *views.rows]
    left = 'style="text-align:left"'
    cells = "".join(
        f'<tr title="{_safe(row.tooltip)}"><th {left}>{_safe(row.label)}</th>'
        f"<td {left}>{_safe(_with_unit(row))}</td><td {left}><code>{_safe(row.name)}</code></td></tr>"
        for row in rows
    )
    return f"<table>{cells}</table>"


def counts(views: Views) -> Iterable[Figure]:
    """What has a picture is in the table, too: by how much there is of it."""
    for sound in views.sounds:
        audio = sound.audio
        channels = "mono" if audio.channels == 1 else f"{audio.channels} channels"
        text = f"{audio.duration_s:.3f} s, {channels}, {audio.sample_rate} Hz"
        yield Figure(name=sound.name, label=sound.label, text=text)
    for marks in views.marks:
        yield Figure(name=marks.name, label=marks.label, text=f"{len(marks.times_s)} events", tooltip=marks.tooltip)
    for parts in views.segments:
        yield Figure(name=parts.name, label=parts.label, text=f"{len(parts.labels)} parts", tooltip=parts.tooltip)
    for track in views.tracks:
        rows, steps = track.values.shape
        text = f"{steps} values" if rows == 1 else f"{rows} × {steps} values"
        unit = f" in {track.unit}" if track.unit and not track.decibels else ""
        yield Figure(name=track.name, label=track.label, text=text + unit, tooltip=track.tooltip)


def _players(views: Views) -> Iterable[str]:
    for sound in views.sounds:
        if sound.audio.duration_s > MAX_PLAYER_S:
            yield f"<p>{_safe(sound.label)} is longer than {MAX_PLAYER_S:.0f} s, so it has no player here.</p>"
            continue
        data = base64.b64encode(encode(sound.audio).data).decode()
        label = _safe(sound.label)
        yield f'<p>{label}<br><audio controls aria-label="{label}" src="data:audio/wav;base64,{data}"></audio></p>'


def _describe(views: Views) -> str:
    names = [sound.label for sound in views.sounds] + [track.label for track in views.tracks if track.shown]
    return f"{', '.join(names)} over {views.duration_s:.1f} s"


def _rows(title: str, rows: Iterable[tuple[str, str, str]]) -> str:
    body = "".join(
        f'<tr><th style="text-align:left"><code>{_safe(name)}</code></th><td style="text-align:left">{_safe(text)}</td>'
        f'<td style="text-align:left">{_safe(note)}</td></tr>'
        for name, text, note in rows
    )
    return f'<table><caption style="text-align:left">{_safe(title)}</caption>{body}</table>' if body else ""


def _with_unit(figure: Figure) -> str:
    return f"{figure.text} {figure.unit}" if figure.unit and figure.text != "–" else figure.text


def _default(value: object) -> str:
    return f"default {readable_any(value)}"


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
