"""Pitch: frequencies, note numbers and names name the same."""

from __future__ import annotations

import doctest
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.dsp import (
    framing,
    grid,
    hz_to_midi,
    levels,
    midi_to_hz,
    note_name,
    note_number,
    pitch,
    rate,
)


@given(st.floats(-20, 140))
def test_hertz_and_note_numbers_are_inverse(number: float) -> None:
    """There and back is identity, and an octave doubles the frequency."""
    assert hz_to_midi(midi_to_hz(number)) == pytest.approx(number, abs=1e-9)
    assert midi_to_hz(number + 12) == pytest.approx(2 * midi_to_hz(number))


@given(st.integers(0, 127))
def test_names_and_note_numbers_are_inverse(number: int) -> None:
    """Every key's name leads back to it."""
    assert note_number(note_name(number)) == number


def test_known_names() -> None:
    """Middle C, the tuning fork, accidentals of both kinds."""
    assert [note_number(name) for name in ("C4", "a4", "Bb3", "F♯5", "C-1", "Cb4")] == [60, 69, 58, 78, 0, 59]


@pytest.mark.parametrize("name", ["", "H4", "C", "4C", "C4x"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """The error shows how one is written."""
    with pytest.raises(ValueError, match="is no note: write a letter"):
        note_number(name)


def test_a_frequency_of_zero_has_no_pitch() -> None:
    """It is refused instead of becoming −∞."""
    with pytest.raises(ValueError, match="0 Hz, only positive"):
        hz_to_midi([440.0, 0.0])


@pytest.mark.parametrize("module", [framing, grid, levels, pitch, rate], ids=lambda module: module.__name__)
def test_the_examples_are_true(module: ModuleType) -> None:
    """What the docstrings show is what comes out."""
    assert doctest.testmod(module, extraglobs={"np": np, "Audio": levels.Audio}).failed == 0
