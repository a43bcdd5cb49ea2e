"""Picture: a result as a PNG, for places where no widget runs.

Owns the still view that GitHub, nbviewer and a notebook reopened without a kernel show. Uses matplotlib's objects without
pyplot, so that the user's own figures and backend are left alone. Refuses nothing; says None where there is nothing to
draw or matplotlib is not installed. Called by ``display``, ``export`` and ``report``.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..result import Result
from ..types import Audio
from .segments import Segments
from .spectrogram import Spectrogram
from .tiles import quantise, reduce_columns, spans_in_time
from .tracks import Track
from .views import Marks, Sound, Spectrum, Views, views_of
from .waves import Wave

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 1400
_WIDTH_IN, _DPI = 9.0, 100
_NARROW_IN, _NARROW_DPI = 3.6, 180
_INK = "#3b3b45"
_WAVE = "#5b4bb7"
_MARKS = (("#c2410c", 0.75, 0.9), ("#0f766e", 1.0, 1.3))
_MAX_DRAWN_MARKS = 400
_CROWDED = 120
_PARTS = ("#dcd6f7", "#d3ebe7")
_SPECTRUM_DB = 80.0
_MAX_LABEL = 40

_naming = threading.Lock()

MAX_SOUNDS = 6
MAX_TRACKS = 8


def picture_png(shown: Result | Audio | Views) -> bytes | None:
    """Waveform with marks, and the tracks that tell most, over one time axis.

    Returns
    -------
    bytes or None
        None if nothing of it lies in time, or matplotlib is not installed.
    """
    return picture_of(views_of(shown), format_="png")


def picture_of(
    views: Views,
    *,
    format_: Literal["png", "svg"],
    span_s: tuple[float, float] | None = None,
    narrow: bool = False,
) -> bytes | None:
    """The picture as PNG or SVG.

    Parameters
    ----------
    span_s : (start_s, end_s), optional
        The part to draw.
    narrow : bool
        Whether it is looked at in the width of a column, where a page's picture would have no word that can be read.

    Returns
    -------
    bytes or None
        None if nothing of it lies in time, or matplotlib is not installed.
    """
    tracks = [track for track in views.tracks if track.shown][:MAX_TRACKS]
    spectra = [spectrum for spectrum in views.spectra if spectrum.shown]
    sounds, segments = views.sounds[:MAX_SOUNDS], views.segments[:MAX_SOUNDS]
    if not sounds and not tracks and not segments:
        return None
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    start_s, end_s = span_s or (0.0, views.duration_s or 1.0)
    heights = [1.1] * len(sounds) + [0.6] * len(segments) + [1.5] * len(spectra)
    heights += [1.5 if track.kind == "image" else 1.0 for track in tracks]
    size = (_NARROW_IN, 0.65 * sum(heights) + 0.5) if narrow else (_WIDTH_IN, sum(heights) + 0.55)
    dpi = _NARROW_DPI if narrow else _DPI
    figure = Figure(figsize=size, dpi=dpi, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    rest = iter(axes)
    for sound in sounds:
        _draw_sound(next(rest), sound, views.marks if sound is sounds[0] else (), start_s, end_s)
    for parts in segments:
        _draw_segments(next(rest), parts, start_s, end_s)
    for spectrum in spectra:
        audio = next(sound.audio for sound in views.sounds if sound.name == spectrum.sound)
        _draw_spectrum(next(rest), spectrum, Spectrogram(audio, spectrum.kind), start_s, end_s)
    for track in tracks:
        _draw_track(next(rest), track, start_s, end_s)
    for axis in axes:
        axis.tick_params(labelsize=7, colors=_INK, length=2)
        for spine in axis.spines.values():
            spine.set_visible(False)
    axes[-1].set_xlim(start_s, end_s)
    axes[-1].set_xlabel("time in s", fontsize=8, color=_INK)
    file = io.BytesIO()
    # Without the software's name, its version and the day, so that equal results give equal files.
    metadata = {"Software": None} if format_ == "png" else {"Date": None, "Creator": None}
    with _same_names():
        figure.savefig(file, format=format_, metadata=metadata)
    return file.getvalue()


@contextmanager
def _same_names() -> Iterator[None]:
    """What matplotlib names the parts of an SVG by is the same each time; its settings are the user's again afterwards."""
    from matplotlib import rcParams

    with _naming:
        before = rcParams["svg.hashsalt"]
        rcParams["svg.hashsalt"] = "schillinger"
        try:
            yield
        finally:
            rcParams["svg.hashsalt"] = before


def _draw_sound(axis: Axes, sound: Sound, marks: tuple[Marks, ...], start_s: float, end_s: float) -> None:
    wave = Wave(sound.audio)
    wave.prepare()
    wave.wait()
    pairs, _ = wave.columns(start_s, end_s, _COLUMNS)
    low, high = np.fmin.reduce(pairs[:, 0], axis=0), np.fmax.reduce(pairs[:, 1], axis=0)
    times_s = start_s + (np.arange(len(low)) + 0.5) * ((end_s - start_s) / len(low))
    with np.errstate(invalid="ignore"):
        axis.fill_between(times_s, np.nan_to_num(low), np.nan_to_num(high), color=_WAVE, linewidth=0.4)
    peak = max(1e-4, float(np.nanmax(np.abs(np.nan_to_num(pairs)))))
    axis.set_ylim(-1.08 * peak, 1.08 * peak)
    for kind, (color, length, width) in zip(marks, _MARKS, strict=False):
        times_s = kind.times_s[(kind.times_s >= start_s) & (kind.times_s <= end_s)]
        shown = times_s[:: max(1, len(times_s) // _MAX_DRAWN_MARKS)]
        low_end, high_end = -length * peak, length * peak
        if len(shown) > _CROWDED:  # they would hide the wave: let them stand along its edges instead
            low_end, high_end = (0.94 * peak, 1.08 * peak) if length == 1 else (-1.08 * peak, -0.94 * peak)
        axis.vlines(shown, low_end, high_end, colors=color, linewidths=width, label=kind.label, alpha=0.8)
    _title(axis, sound.label, "")
    if marks:
        axis.legend(
            loc="lower right", bbox_to_anchor=(1, 0.94), ncols=len(marks), fontsize=7, frameon=False, borderpad=0
        )


def _draw_segments(axis: Axes, parts: Segments, start_s: float, end_s: float) -> None:
    inside = np.flatnonzero((parts.ends_s >= start_s) & (parts.starts_s <= end_s))[:_MAX_DRAWN_MARKS]
    for index in inside:
        begin, end = float(parts.starts_s[index]), float(parts.ends_s[index])
        axis.axvspan(begin, end, color=_PARTS[index % len(_PARTS)], linewidth=0)
        if end - begin > 0.03 * (end_s - start_s):
            label = parts.labels[index]
            text = _plain(label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1] + "…")
            axis.text(max(begin, start_s), 0.5, f" {text}", fontsize=7, color=_INK, va="center", clip_on=True)
    axis.set_ylim(0, 1)
    axis.set_yticks([])
    _title(axis, parts.label, "")


def _draw_spectrum(axis: Axes, spectrum: Spectrum, spectrogram: Spectrogram, start_s: float, end_s: float) -> None:
    level = spectrogram.columns(start_s, end_s, _COLUMNS)
    top = float(np.nanmax(level)) if np.isfinite(level).any() else 0.0
    track = Track(
        name=spectrum.name,
        label=spectrum.label,
        kind="image",
        unit="dB",
        values=level,
        times_s=start_s + (np.arange(level.shape[1]) + 0.5) * ((end_s - start_s) / level.shape[1]),
        low=top - _SPECTRUM_DB,
        high=top,
        bins=spectrogram.bins_hz,
        bins_unit="Hz",
    )
    _draw_track(axis, track, start_s, end_s)


def _draw_track(axis: Axes, track: Track, start_s: float, end_s: float) -> None:
    first, last = spans_in_time(track.times_s, start_s, end_s, _COLUMNS)
    columns = track.drawn(reduce_columns(track.values, first, last, np.fmax))
    if track.kind == "curve":
        times_s = start_s + (np.arange(_COLUMNS) + 0.5) * ((end_s - start_s) / _COLUMNS)
        axis.plot(times_s, columns[0], color=_WAVE, linewidth=0.9)
        axis.set_ylim(track.low, track.high)
    else:
        rows = columns.shape[0]
        image = np.ma.masked_equal(quantise(columns, track.low, track.high), 255)
        extent = (start_s, end_s, -0.5, rows - 0.5)
        axis.imshow(image, aspect="auto", origin="lower", cmap="magma", vmin=0, vmax=254, extent=extent)
        positions, names = _row_ticks(track)
        axis.set_yticks(positions, [_plain(name) for name in names])
    _title(axis, track.label, track.unit)


def _row_ticks(track: Track) -> tuple[list[int], list[str]]:
    rows = track.values.shape[0]
    if track.bin_names:
        step = max(1, rows // 12)
        return list(range(0, rows, step)), list(track.bin_names[::step])
    if track.bins is None or len(track.bins) < 2:
        return [0, rows - 1], ["1", str(rows)]
    wanted = [125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000] if track.bins_unit == "Hz" else []
    wanted = [value for value in wanted if track.bins[0] <= value <= track.bins[-1]]
    if not wanted:
        return [0, rows - 1], [f"{track.bins[0]:.4g}", f"{track.bins[-1]:.4g} {track.bins_unit}"]
    ticks: dict[int, str] = {}
    for value in wanted:
        row = int(np.argmin(np.abs(track.bins - value)))
        if not ticks or row - max(ticks) >= rows / 8:
            ticks[row] = f"{value} Hz" if value < 1000 else f"{value // 1000} kHz"
    return list(ticks), list(ticks.values())


def _title(axis: Any, label: str, unit: str) -> None:
    text = f"{label} ({unit})" if unit else label
    axis.set_title(_plain(text), fontsize=8, loc="left", color=_INK, pad=3)


def _plain(text: str) -> str:
    """A plugin's text must not be read as TeX: an odd formula would raise."""
    return text.replace("$", r"\$")
