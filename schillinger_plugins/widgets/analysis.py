"""AnalysisView: a result over its time axis, to look into and listen to.

Owns the answers to the front-end: a small plan of what there is, and binary tiles and sound when they are asked for, so
that a saved notebook stays small. Refuses requests that don't name a part of the plan. Called by ``display`` and by people.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
import traitlets

from ..result import Result
from ..types import Audio
from .bundle import BundledWidget
from .tiles import MAX_COLUMNS, Pyramid, quantise, reduce_columns, spans_in_time
from .views import Sound, Track, Views, views_of
from .wav import encode

MAX_ROWS = 512
"""Of an image; more are pooled."""

MAX_LANES = 2
"""Channels that have a lane each; more are drawn as their mean."""


class AnalysisView(BundledWidget):
    """Waveform, images and curves over one time axis, with the figures and a player.

    Parameters
    ----------
    shown : Result or Audio
    """

    plan = traitlets.Dict().tag(sync=True)

    def __init__(self, shown: Result | Audio) -> None:
        self.shown = shown
        self._views = views_of(shown)
        self._pyramids: dict[str, Pyramid] = {}
        self._lock = threading.Lock()
        super().__init__(bundle="analysis", plan=plan_of(shown, self._views))

    def on_request(self, content: dict[str, Any]) -> None:
        """Answer what the canvas or the player needs."""
        ask, name, ticket = content.get("ask"), content.get("name"), content.get("ticket")
        if ask == "tile" and isinstance(name, str):
            start_s, end_s, columns = _span_of(content, self._views.duration_s)
            tile = self._tile(name, start_s, end_s, columns)
            if tile is not None:
                head = {"tile": name, "start_s": start_s, "end_s": end_s, "columns": columns, "ticket": ticket}
                self.send({**head, "rows": tile.shape[0]}, [tile.tobytes()])
        elif ask == "marks" and isinstance(name, str):
            for marks in self._views.marks:
                if marks.name == name:
                    self.send({"marks": name, "ticket": ticket}, [marks.times_s.astype("<f4").tobytes()])
        elif ask == "sound" and isinstance(name, str) and (sound := self._sound(name)) is not None:
            wav = encode(sound.audio)
            self.send({"sound": name, "note": wav.note, "duration_s": wav.duration_s, "ticket": ticket}, [wav.data])

    def _tile(self, name: str, start_s: float, end_s: float, columns: int) -> np.ndarray[Any, Any] | None:
        """Sounds and curves as float32 pairs of minimum and maximum, images as bytes."""
        if (sound := self._sound(name)) is not None:
            rate = sound.audio.sample_rate
            pairs = self._pyramid(sound).columns(start_s * rate, end_s * rate, columns)
            return pairs.reshape(-1, columns).astype("<f4")
        track = next((track for track in self._views.tracks if track.name == name), None)
        if track is None:
            return None
        first, last = spans_in_time(track.times_s, start_s, end_s, columns)
        high = track.drawn(reduce_columns(track.values, first, last, np.fmax))
        if track.kind == "image":
            return quantise(_fewer_rows(high), track.low, track.high)
        low = track.drawn(reduce_columns(track.values, first, last, np.fmin))
        return np.concatenate([low, high]).astype("<f4")

    def _sound(self, name: str) -> Sound | None:
        return next((sound for sound in self._views.sounds if sound.name == name), None)

    def _pyramid(self, sound: Sound) -> Pyramid:
        with self._lock:
            if sound.name not in self._pyramids:
                samples = sound.audio.samples
                self._pyramids[sound.name] = Pyramid(samples if len(samples) <= MAX_LANES else _mean(samples))
            return self._pyramids[sound.name]

    def __repr__(self) -> str:
        return f"View of {self.plan['title']}: run the cell to see it"


def plan_of(shown: Result | Audio, views: Views) -> dict[str, Any]:
    """What there is to see, as plain data small enough to be stored in a notebook.

    Returns
    -------
    dict
        Finite numbers and strings only; the arrays are asked for by name.
    """
    heading = {"title": "Audio", "subtitle": "", "level": ""}
    if isinstance(shown, Result):
        heading = {
            "title": shown.definition.label,
            "subtitle": f"{shown.provenance.plugin_id} {shown.provenance.plugin_version}, {shown.stats.wall_s:.3g} s",
            "level": str(shown.provenance.sandbox_level),
        }
    return {
        **heading,
        "duration_s": views.duration_s,
        "figures": [
            {"name": f.name, "label": f.label, "text": f.text, "unit": f.unit, "tooltip": f.tooltip}
            for f in views.figures
        ],
        "rows": [{"name": f.name, "label": f.label, "text": f.text, "unit": f.unit} for f in views.rows],
        "sounds": [
            {
                "name": sound.name,
                "label": sound.label,
                "channels": sound.audio.channels if sound.audio.channels <= MAX_LANES else 1,
                "sample_rate": sound.audio.sample_rate,
                "duration_s": sound.audio.duration_s,
                "peak": _peak(sound),
            }
            for sound in views.sounds
        ],
        "marks": [
            {"name": m.name, "label": m.label, "count": len(m.times_s), "tooltip": m.tooltip} for m in views.marks
        ],
        "tracks": [_track_plan(track) for track in views.tracks],
    }


def _track_plan(track: Track) -> dict[str, Any]:
    rows = min(track.values.shape[0], MAX_ROWS)
    bins = None
    if track.bins is not None and np.isfinite(track.bins).all():
        bins = [float(f"{value:.6g}") for value in _fewer(track.bins, rows)]
    return {
        "name": track.name,
        "label": track.label,
        "kind": track.kind,
        "unit": track.unit,
        "rows": rows,
        "low": track.low,
        "high": track.high,
        "bins": bins,
        "bins_unit": track.bins_unit,
        "bin_names": list(track.bin_names) if len(track.bin_names) == rows else [],
        "shown": track.shown,
        "tooltip": track.tooltip,
    }


def _span_of(content: dict[str, Any], duration_s: float) -> tuple[float, float, int]:
    """The asked range, made sane."""
    start_s, end_s = _real(content.get("start_s"), 0.0), _real(content.get("end_s"), duration_s)
    columns = int(min(max(_real(content.get("columns"), 1024.0), 1), MAX_COLUMNS))
    return (start_s, end_s, columns) if end_s > start_s else (0.0, max(duration_s, 1e-3), columns)


def _real(value: Any, otherwise: float) -> float:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if fits else otherwise


def _peak(sound: Sound) -> float:
    samples = sound.audio.samples
    peak = max(float(np.fmax.reduce(samples, axis=None)), -float(np.fmin.reduce(samples, axis=None)))
    return peak if math.isfinite(peak) else 1.0


def _mean(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Of many channels: their mean, since their lanes would be too thin to read."""
    mean: np.ndarray[Any, Any] = samples.mean(axis=0, keepdims=True, dtype=np.float32)
    return mean


def _fewer(values: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    fewer: np.ndarray[Any, Any] = values[np.linspace(0, len(values) - 1, rows).round().astype(int)]
    return fewer


def _fewer_rows(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    rows = image.shape[0]
    if rows <= MAX_ROWS:
        return image
    starts = np.linspace(0, rows, MAX_ROWS, endpoint=False).astype(int)
    fewer: np.ndarray[Any, Any] = np.fmax.reduceat(image, starts, axis=0)
    return fewer
