"""Shown: a node's result, opened: its outputs as text, its drawings, a still picture, sounds.

Owns the choice and the bounds of what is sent: a result of ten minutes is not sent whole to be glanced at. Refuses to send a
drawing that isn't checked, whatever was done to it since it came. Called by ``widget``, beside the kernel's own thread,
since a picture takes a while.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ...definition.figures import checked
from ...definition.ports import Misfit
from ...result import Result
from ...types import Figure as Drawing
from ..contract import flow as contract
from ..figure import bytes_of
from ..picture import picture_of
from ..report import counts
from ..views import Figure, Views, views_of
from ..wav import encode

MAX_SOUNDS = 4
MAX_DRAWINGS = 6
MAX_SOUND_S = 60.0
MAX_OUTPUTS = 400
MAX_TEXT = 400

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
    drawn, told = _drawings(result)
    for part, data in (*drawn, *_still(result, views)):
        parts.append(part)
        buffers.append(data)
    sounds = [sound for sound in views.sounds if not sound.name.startswith("input:")]
    for sound in sounds[:MAX_SOUNDS]:
        wav = encode(sound.audio, max_duration_s=MAX_SOUND_S)
        parts.append(contract.Part(mime="audio/wav", label=sound.label[:MAX_TEXT]))
        buffers.append(wav.data)
        notes[sound.name] = wav.note
    outputs = [_row(figure, notes.get(figure.name, "")) for figure in (*_figures(views), *told)]
    return contract.Shown(node=node, outputs=outputs[:MAX_OUTPUTS], parts=parts), buffers


def _words(node: str, text: str) -> contract.Shown:
    return contract.Shown(node=node, outputs=[{"name": "", "label": "", "text": text}], parts=[])


def _drawings(result: Result) -> tuple[list[tuple[contract.Part, bytes]], list[Figure]]:
    """What the plugin drew itself; what may not be drawn, and what is too much, in words."""
    labels = {output.name: output.label for output in result.definition.outputs}
    parts: list[tuple[contract.Part, bytes]] = []
    words: list[Figure] = []
    for name, value in result.items():
        if not isinstance(value, Drawing):
            continue
        text = f"run[{name!r}] in a cell draws it"
        try:
            figure = checked(value)
        except Misfit as misfit:
            text = f"it is not drawn: it {misfit}"
        else:
            if len(parts) < MAX_DRAWINGS:
                mime, data = bytes_of(figure)
                parts.append((contract.Part(mime=mime, label=figure.alt[:MAX_TEXT]), data))
                continue
            text = f"{figure.alt} ({text})"
        words.append(Figure(name=name, label=labels.get(name, name), text=text))
    return parts, words


def _still(result: Result, views: Views) -> Iterable[tuple[contract.Part, bytes]]:
    """What the live view shows, too."""
    try:
        picture = picture_of(views, format_="png", narrow=True)
    except Exception:
        # A picture is an extra: data that matplotlib chokes on must not cost the text and the sound.
        _log.exception("no picture of %.80r", result)
        return
    if picture is not None:
        yield contract.Part(mime="image/png", label="the result as a picture", is_still=True), picture


def _figures(views: Views) -> Iterable[Figure]:
    yield from views.figures
    yield from (figure for figure in counts(views) if not figure.name.startswith("input:"))
    yield from views.rows


def _row(figure: Figure, note: str) -> dict[str, str]:
    text = f"{figure.text}; {note}" if note else figure.text
    row = {"name": figure.name, "label": figure.label, "text": text, "unit": figure.unit, "tooltip": figure.tooltip}
    return {key: value[:MAX_TEXT] for key, value in row.items()}
