"""Shown: a node's result, opened: its outputs as text, a still picture, sounds.

Owns the choice and the bounds of what is sent: a result of ten minutes is not sent whole to be glanced at. Called by
``widget``, beside the kernel's own thread, since a picture takes a while.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ...result import Result
from ...types import Figure as Drawing
from ..contract import flow as contract
from ..picture import picture_of
from ..report import counts
from ..views import Figure, Views, views_of
from ..wav import encode

MAX_SOUNDS = 4
MAX_SOUND_S = 60.0
MAX_OUTPUTS = 400
MAX_TEXT = 400
_PNG = b"\x89PNG"

_log = logging.getLogger(__name__)


def shown_of(node: str, result: Result | None) -> tuple[contract.Shown, list[bytes]]:
    """The answer to `contract.Show`, and its buffers."""
    if result is None:
        return _words(node, "there is no result any more: run it again"), []
    try:
        views = views_of(result)
    except Exception:
        _log.exception("%.80r can't be shown", result)
        return _words(node, f"it can't be shown here; its outputs are {', '.join(result)}"[:MAX_TEXT]), []
    parts, buffers, notes = [], [], {}
    for picture in _pictures(result, views):
        parts.append("picture")
        buffers.append(picture)
    sounds = [sound for sound in views.sounds if not sound.name.startswith("input:")]
    for sound in sounds[:MAX_SOUNDS]:
        wav = encode(sound.audio, max_duration_s=MAX_SOUND_S)
        parts.append(f"sound:{sound.label[:MAX_TEXT]}")
        buffers.append(wav.data)
        notes[sound.name] = wav.note
    outputs = [_row(figure, notes.get(figure.name, "")) for figure in _figures(result, views)]
    return contract.Shown(node=node, outputs=outputs[:MAX_OUTPUTS], parts=parts), buffers


def _words(node: str, text: str) -> contract.Shown:
    return contract.Shown(node=node, outputs=[{"name": "", "label": "", "text": text}], parts=[])


def _pictures(result: Result, views: Views) -> Iterable[bytes]:
    for value in result.values():
        if isinstance(value, Drawing) and value.format == "image":
            data = value["image"].tobytes()
            if data.startswith(_PNG):
                yield data
    try:
        picture = picture_of(views, format_="png", narrow=True)
    except Exception:
        # A picture is an extra: data that matplotlib chokes on must not cost the text and the sound.
        _log.exception("no picture of %.80r", result)
        return
    if picture is not None:
        yield picture


def _figures(result: Result, views: Views) -> Iterable[Figure]:
    yield from views.figures
    yield from (figure for figure in counts(views) if not figure.name.startswith("input:"))
    yield from views.rows
    labels = {output.name: output.label for output in result.definition.outputs}
    for name, value in result.items():
        if isinstance(value, Drawing):
            text = f"{value.alt} (in a cell, run[{name!r}] draws it)" if value.format != "image" else value.alt
            yield Figure(name=name, label=labels.get(name, name), text=text)


def _row(figure: Figure, note: str) -> dict[str, str]:
    text = f"{figure.text}; {note}" if note else figure.text
    row = {"name": figure.name, "label": figure.label, "text": text, "unit": figure.unit, "tooltip": figure.tooltip}
    return {key: value[:MAX_TEXT] for key, value in row.items()}
