"""Plan: what there is to see, small enough to be stored in a notebook.

Owns the cut: texts are shortened, axes thinned, numbers made finite; the arrays are asked for by name. Refuses nothing.
Called by ``analysis``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from ..result import Result
from ..types import Audio
from .contract.analysis import (
    Plan,
    PlanDifference,
    PlanFigure,
    PlanMarks,
    PlanSegments,
    PlanSound,
    PlanTrack,
)
from .spectrogram import HIGH_DB, LOW_DB, Spectrogram
from .tracks import Track
from .views import Figure, Marks, Views
from .waves import Wave

MAX_ROWS = 512
"""Of an image; more are pooled."""

MAX_TEXT = 400
"""Characters of a label or a tooltip; more are cut."""

_MAX_ENTRIES = 500
"""Of figures, rows, tracks and marks, each."""


def plan_of(
    views: Views,
    *,
    heading: dict[str, str],
    waves: dict[str, Wave],
    spectrograms: dict[str, Spectrogram],
    compared: Sequence[str] = (),
    differences: Sequence[PlanDifference] = (),
) -> dict[str, Any]:
    """What there is to see, as plain data: finite numbers and strings only."""
    plan = Plan(
        title=_cut(heading["title"]),
        subtitle=_cut(heading["subtitle"]),
        level=heading["level"],
        duration_s=views.duration_s,
        figures=[_figure(figure) for figure in views.figures[:_MAX_ENTRIES]],
        rows=[_figure(figure) for figure in views.rows[:_MAX_ENTRIES]],
        sounds=[
            PlanSound(
                name=sound.name,
                label=_cut(sound.label),
                channels=waves[sound.name].lanes,
                sample_rate=sound.audio.sample_rate,
                duration_s=sound.audio.duration_s,
                peak=waves[sound.name].peak(),
            )
            for sound in views.sounds
        ],
        marks=[
            PlanMarks(name=m.name, label=_cut(m.label), count=len(m.times_s), tooltip=_cut(m.tooltip), role=_role(m))
            for m in views.marks[:_MAX_ENTRIES]
        ],
        segments=[
            PlanSegments(name=s.name, label=_cut(s.label), count=len(s.starts_s), tooltip=_cut(s.tooltip))
            for s in views.segments[:_MAX_ENTRIES]
        ],
        tracks=[
            *(
                PlanTrack(
                    name=spectrum.name,
                    label=_cut(spectrum.label),
                    kind="image",
                    unit="dB",
                    rows=spectrograms[spectrum.name].rows,
                    low=LOW_DB,
                    high=HIGH_DB,
                    bins=_written(spectrograms[spectrum.name].bins_hz),
                    bins_unit="Hz",
                    shown=spectrum.shown,
                    computed=True,
                )
                for spectrum in views.spectra
            ),
            *(_track(track) for track in views.tracks[:_MAX_ENTRIES]),
        ],
        compared=[_cut(name) for name in compared],
        differences=list(differences),
    )
    plain: dict[str, Any] = msgspec.to_builtins(plan)
    return plain


def heading_of(shown: Result | Audio | None, title: str = "Audio") -> dict[str, str]:
    """What stands above the view."""
    if not isinstance(shown, Result):
        return {"title": title, "subtitle": "", "level": ""}
    return {
        "title": shown.definition.label,
        "subtitle": f"{shown.provenance.plugin_id} {shown.provenance.plugin_version}, {shown.stats.wall_s:.3g} s",
        "level": str(shown.provenance.sandbox_level),
    }


def fewer_rows(image: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """At most `MAX_ROWS` rows: the maxima of neighbours."""
    rows = image.shape[0]
    if rows <= MAX_ROWS:
        return image
    starts = np.linspace(0, rows, MAX_ROWS, endpoint=False).astype(int)
    fewer: np.ndarray[Any, Any] = np.fmax.reduceat(image, starts, axis=0)
    return fewer


def _figure(figure: Figure) -> PlanFigure:
    return PlanFigure(
        name=_cut(figure.name),
        label=_cut(figure.label),
        text=_cut(figure.text),
        unit=_cut(figure.unit),
        tooltip=_cut(figure.tooltip),
    )


def _track(track: Track) -> PlanTrack:
    rows = min(track.values.shape[0], MAX_ROWS)
    bins = None
    if track.bins is not None and np.isfinite(track.bins).all():
        bins = _written(track.bins[np.linspace(0, len(track.bins) - 1, rows).round().astype(int)])
    return PlanTrack(
        name=track.name,
        label=_cut(track.label),
        kind=track.kind,
        unit=_cut(track.unit),
        rows=rows,
        low=track.low,
        high=track.high,
        bins=bins,
        bins_unit=_cut(track.bins_unit),
        bin_names=list(track.bin_names) if len(track.bin_names) == rows else [],
        shown=track.shown,
        tooltip=_cut(track.tooltip),
    )


def _role(marks: Marks) -> Any:
    """What marks are is said by no descriptor: their name has to do, for the read-out alone."""
    words = f"{marks.name} {marks.label}".lower()
    return "downbeat" if "downbeat" in words else "beat" if "beat" in words else ""


def _written(values: np.ndarray[Any, Any]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
