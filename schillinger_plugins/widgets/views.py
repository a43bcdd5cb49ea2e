"""Views: which pictures a result asks for.

Owns the choice, but of drawings, which the plugin has made itself (see ``figure``). It follows from the descriptors of the
outputs (type, unit, sample_type, times, bins, bin_names) and the shapes that came, never from the name of a plugin. Refuses
nothing: what can't be drawn over time becomes a row of the table. Called by ``analysis``, ``picture`` and ``report``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..definition import Output
from ..result import Result, brief
from ..types import Audio
from ..types import Figure as Drawing
from .segments import Segments, segments_of
from .spectrogram import SpectrogramKind
from .tiles import Floats
from .tracks import Track, choose, numbers, track_of

MAX_MARKS = 200_000
"""Of one kind; an hour of sixteenths at 300 BPM is 72,000."""

SPECTRA: dict[SpectrogramKind, str] = {
    "mel": "Mel spectrogram",
    "cqt": "Constant-Q spectrogram",
    "linear": "Linear spectrogram",
}
"""What each kind is called."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value to read: ``tempo 120.2 BPM``."""

    name: str
    label: str
    text: str
    unit: str = ""
    tooltip: str = ""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """Audio to see and to hear."""

    name: str
    label: str
    audio: Audio


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Instants.

    Attributes
    ----------
    times_s : np.ndarray [shape=(events,)]
        Finite, sorted.
    """

    name: str
    label: str
    times_s: Floats
    tooltip: str = ""


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """A spectrogram that is computed of a sound where it is looked at.

    Attributes
    ----------
    sound : str
        The name of the sound.
    shown : bool
        Whether it is drawn before anybody asks.
    """

    name: str
    label: str
    sound: str
    kind: SpectrogramKind
    shown: bool = False


@dataclass(frozen=True, kw_only=True)
class Views:
    """All that a result shows.

    Attributes
    ----------
    duration_s : float
        Length of the time axis; 0 if nothing lies in time.
    rows : tuple of Figure
        The outputs that have no picture and are no figure: the table's.
    """

    duration_s: float
    figures: tuple[Figure, ...] = ()
    sounds: tuple[Sound, ...] = ()
    marks: tuple[Marks, ...] = ()
    segments: tuple[Segments, ...] = ()
    spectra: tuple[Spectrum, ...] = ()
    tracks: tuple[Track, ...] = ()
    rows: tuple[Figure, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.figures or self.sounds or self.marks or self.segments or self.tracks or self.rows)


def views_of(shown: Result | Audio | Views) -> Views:
    """Choose the views of a result, or of a sound by itself. Views that were chosen already are returned as they are."""
    if isinstance(shown, Views):
        return shown
    if isinstance(shown, Audio):
        sounds = (Sound(name="audio", label="Audio", audio=shown),) if shown.frames else ()
        return Views(duration_s=shown.duration_s, sounds=sounds, spectra=_spectra(sounds))
    result = shown
    outputs = list(_outputs(result))
    heard = _sounds(result, outputs)
    axes = {axis for output, _ in outputs for axis in (output.times, output.bins) if axis is not None}
    duration_s = max((sound.audio.duration_s for sound in heard), default=0.0)
    figures, marks, segments, tracks, rows = [], [], [], [], []
    for output, value in outputs:
        if isinstance(value, (Audio, Drawing)):
            continue
        if _is_scalar(value):
            figures.append(_figure(output, value))
        elif (instants := _instants(output, value, axes)) is not None:
            marks.append(instants)
        elif (parts := segments_of(output, value, result, duration_s)) is not None:
            segments.append(parts)
        elif output.name not in axes and (track := track_of(output, value, result, duration_s)) is not None:
            tracks.append(track)
        else:
            rows.append(_figure(output, value))
    ends = [parts.ends_s.max() for parts in segments]
    ends += [track.times_s[-1] for track in tracks] + [mark.times_s[-1] for mark in marks if len(mark.times_s)]
    if not heard:
        duration_s = float(max(ends, default=0.0))
    return Views(
        duration_s=duration_s,
        figures=tuple(figures),
        sounds=tuple(heard),
        marks=tuple(marks),
        segments=tuple(segments),
        spectra=_spectra(heard),
        tracks=tuple(choose(tracks)),
        rows=tuple(rows),
    )


def readable(value: Any) -> str:
    """A scalar as people write it: four digits, a true minus sign, ``−∞`` and a dash for nothing.

    >>> readable(-13.987654), readable(float("-inf")), readable(None), readable(True)
    ('−13.99', '−∞', '–', 'yes')
    """
    if value is None:
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return "–"
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")
    if isinstance(value, str):
        return value if len(value) <= 80 else value[:79] + "…"
    return f"{value}".replace("-", "−")


def _outputs(result: Result) -> Iterable[tuple[Output, Any]]:
    for output in result.definition.outputs:
        if output.name in result:
            yield output, result[output.name]


def _sounds(result: Result, outputs: Iterable[tuple[Output, Any]]) -> list[Sound]:
    sounds = [Sound(name=o.name, label=o.label, audio=v) for o, v in outputs if isinstance(v, Audio) and v.frames]
    made = bool(sounds)
    for port in result.definition.inputs:
        value = result.inputs.get(port.name)
        if isinstance(value, Audio) and value.frames:
            label = f"{port.label} (input)" if made else port.label
            sounds.append(Sound(name=f"input:{port.name}", label=label, audio=value))
    return sounds


def _spectra(sounds: Iterable[Sound]) -> tuple[Spectrum, ...]:
    return tuple(
        Spectrum(name=f"{kind}:{sound.name}", label=f"{label} of {sound.label}", sound=sound.name, kind=kind)
        for sound in sounds
        for kind, label in SPECTRA.items()
    )


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, np.generic))


def _figure(output: Output, value: Any) -> Figure:
    text = readable(value) if _is_scalar(value) else brief(value)
    return Figure(name=output.name, label=output.label, text=text, unit=output.unit, tooltip=output.tooltip)


def _instants(output: Output, value: Any, axes: set[str]) -> Marks | None:
    """Instants are what comes at a variable rate, in seconds, and is no value at other times."""
    if output.sample_type != "variable_rate" or output.times is not None or output.unit != "s":
        return None
    times = numbers(value)
    if times is None or times.ndim != 1:
        return None
    times = np.sort(times[np.isfinite(times)])[:MAX_MARKS]
    return Marks(name=output.name, label=output.label, times_s=times, tooltip=output.tooltip)
