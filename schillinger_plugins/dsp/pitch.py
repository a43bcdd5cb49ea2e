"""Pitch: frequencies, MIDI note numbers and names of notes, in equal temperament.

Owns the conversions. Middle C is 60 and C4. Refuses frequencies that are not positive and names that are none.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

A4_HZ = 440.0

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_NAME = re.compile(r"([A-Ga-g])([#♯b♭]*)(-?\d{1,2})")


def midi_to_hz(pitch: npt.ArrayLike, *, a4_hz: float = A4_HZ) -> Any:
    """The frequency of a MIDI note number, with fractions between the keys.

    Examples
    --------
    >>> float(midi_to_hz(69)), float(midi_to_hz(57))
    (440.0, 220.0)
    """
    return (a4_hz * np.exp2((np.asarray(pitch, dtype=np.float64) - 69.0) / 12.0))[()]


def hz_to_midi(frequency_hz: npt.ArrayLike, *, a4_hz: float = A4_HZ) -> Any:
    """The MIDI note number of a frequency, with fractions between the keys.

    Raises
    ------
    ValueError
        For a frequency that is not positive.

    Examples
    --------
    >>> float(hz_to_midi(440))
    69.0
    """
    frequency = np.asarray(frequency_hz, dtype=np.float64)
    if (frequency <= 0).any():
        raise ValueError(f"a frequency is {frequency.min():.6g} Hz, only positive ones have a pitch")
    return (69.0 + 12.0 * np.log2(frequency / a4_hz))[()]


def note_name(pitch: float) -> str:
    """The name of the nearest key: C4 is middle C.

    Examples
    --------
    >>> note_name(60), note_name(61), note_name(-1)
    ('C4', 'C♯4', 'B-2')
    """
    octave, step = divmod(round(pitch), 12)
    return f"{_NAMES[step]}{octave - 1}"


def note_number(name: str) -> int:
    """The MIDI note number of a name: a letter, accidentals (# ♯ b ♭) and an octave.

    Raises
    ------
    ValueError
        If it is no such name.

    Examples
    --------
    >>> note_number("C4"), note_number("Bb3"), note_number("F#5")
    (60, 58, 78)
    """
    found = _NAME.fullmatch(name.strip())
    if found is None:
        raise ValueError(f"{name!r} is no note: write a letter, ♯ or ♭, and an octave, as C4, F#3 or Bb-1")
    letter, accidentals, octave = found.groups()
    shift = sum(1 if sign in "#♯" else -1 for sign in accidentals)
    return _STEPS[letter.upper()] + shift + 12 * (int(octave) + 1)
