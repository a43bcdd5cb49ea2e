"""Framing: frames cover the sound, and overlap-add gives it back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from schillinger_plugins.dsp import frame, frame_times_s, overlap_add

sounds = npst.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(0, 120)), elements=st.floats(-1, 1, width=32))
cuts = st.integers(1, 40).flatmap(lambda length: st.tuples(st.just(length), st.integers(1, length)))


@given(sounds, cuts)
def test_every_frame_is_a_piece_of_the_sound(samples: Any, cut: tuple[int, int]) -> None:
    """Frame k is what stands from k hops on, and there are as many as fit."""
    length, hop = cut
    frames = frame(samples, length, hop)
    assert frames.shape == (len(samples), max(0, (samples.shape[1] - length) // hop + 1), length)
    for index in range(frames.shape[1]):
        np.testing.assert_array_equal(frames[:, index], samples[:, index * hop : index * hop + length])


@given(sounds, cuts, st.data())
def test_overlap_add_undoes_framing(samples: Any, cut: tuple[int, int], data: Any) -> None:
    """Padded frames cover every sample, and overlap-add with any positive window gives them all back."""
    length, hop = cut
    weights = st.none() | npst.arrays(np.float64, length, elements=st.floats(0.01, 1))
    frames = frame(samples, length, hop, pad_end=True)
    back = overlap_add(frames, hop, window=data.draw(weights), length=samples.shape[1])
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, samples, rtol=1e-6, atol=1e-40)


def test_frames_are_a_view() -> None:
    """Framing takes no memory and can't be used to change the sound."""
    samples = np.zeros((2, 1000), np.float32)
    frames = frame(samples, 100, 10)
    assert np.shares_memory(frames, samples)
    assert not frames.flags.writeable


def test_where_the_window_is_zero_nothing_is_made_up() -> None:
    """A sample that no frame weighs is zero, not NaN."""
    made = overlap_add(np.ones((1, 4)), 1, window=[0, 1, 1, 0])
    np.testing.assert_array_equal(made, [0, 1, 1, 0])


def test_times_are_of_the_part_that_is_asked_for() -> None:
    """A frame's time is its first sample's, its centre's or its end's."""
    for at, first in ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)):
        np.testing.assert_allclose(frame_times_s(3, 100, 25, 100, at=at), first + np.array([0, 0.25, 0.5]))


@pytest.mark.parametrize(("length", "hop"), [(0, 1), (4, 0), (4, 5)])
def test_frames_that_leave_samples_out_are_refused(length: int, hop: int) -> None:
    """A hop longer than a frame, and frames of nothing, are refused by name."""
    with pytest.raises(ValueError, match=r"frame_length is 0|hop_length is [05].*1 to 4"):
        frame(np.zeros(10), length, hop)


def test_a_window_of_another_length_is_refused() -> None:
    """A window weighs each sample of a frame, so it is as long as one."""
    with pytest.raises(ValueError, match=r"shape \(3,\), but frames have 4"):
        overlap_add(np.ones((2, 4)), 2, window=np.ones(3))
