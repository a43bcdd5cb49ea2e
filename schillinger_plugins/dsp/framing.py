"""Framing: a sound as overlapping frames, and back.

Owns the cutting, the times of the frames and the overlap-add. Frames are the last axis but one, samples within a frame the
last. Refuses frames that would leave samples out between them, since no overlap-add brings those back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def frame(
    samples: npt.ArrayLike, frame_length: int, hop_length: int, *, pad_end: bool = False
) -> npt.NDArray[np.floating[Any]]:
    """Cut the last axis into overlapping frames.

    Parameters
    ----------
    samples : np.ndarray [shape=(..., n)]
    frame_length : int
        Samples in a frame, at least 1.
    hop_length : int
        Samples from the start of one frame to that of the next, 1 to `frame_length`.
    pad_end : bool
        Whether zeros are added so that the last samples are in a frame, too. Otherwise those that fill no frame are left
        out, and fewer than `frame_length` samples make no frame.

    Returns
    -------
    np.ndarray [shape=(..., frames, frame_length)]
        A read-only view that takes no memory; with `pad_end`, of a padded copy where one is needed.

    Raises
    ------
    ValueError
        For lengths out of range.

    See Also
    --------
    overlap_add : the way back.

    Examples
    --------
    >>> frame(np.arange(5.0), 3, 2)
    array([[0., 1., 2.],
           [2., 3., 4.]])
    """
    _check(frame_length, hop_length)
    array = np.asarray(samples)
    if array.ndim == 0:
        raise ValueError("there is nothing to cut: samples has shape (), expected (..., n)")
    length = array.shape[-1]
    if pad_end and length:
        wanted = frame_length + hop_length * max(0, math.ceil((length - frame_length) / hop_length))
        if wanted > length:
            array = np.pad(array, [(0, 0)] * (array.ndim - 1) + [(0, wanted - length)])
    if array.shape[-1] < frame_length:
        return np.empty((*array.shape[:-1], 0, frame_length), array.dtype)
    return np.lib.stride_tricks.sliding_window_view(array, frame_length, axis=-1)[..., ::hop_length, :]


def frame_times_s(
    frames: int, frame_length: int, hop_length: int, sample_rate: float, *, at: float = 0.5
) -> npt.NDArray[np.float64]:
    """When each frame is.

    Parameters
    ----------
    frames : int
        How many there are.
    sample_rate : float
        In Hz.
    at : float
        Which part of a frame its time is: 0 for its first sample, 0.5 for its centre, 1 for its end.

    Returns
    -------
    np.ndarray [shape=(frames,)]
        In seconds from the first sample.

    Examples
    --------
    >>> frame_times_s(3, 1000, 500, 1000)
    array([0.5, 1. , 1.5])
    """
    _check(frame_length, hop_length)
    if not sample_rate > 0:
        raise ValueError(f"sample_rate is {sample_rate} Hz, but it must be positive")
    return np.asarray((np.arange(frames) * hop_length + at * frame_length) / sample_rate, dtype=np.float64)


def overlap_add(
    frames: npt.ArrayLike, hop_length: int, *, window: npt.ArrayLike | None = None, length: int | None = None
) -> npt.NDArray[np.floating[Any]]:
    """Put frames together again: each is weighted and added in its place, and the sum divided by the sum of the weights.

    Frames that were not changed give the samples that they were cut from, whatever the window, as far as it is not zero
    (Griffin and Lim, 1984: Signal estimation from modified short-time Fourier transform, with the window taken once
    where they take it twice).

    Parameters
    ----------
    frames : np.ndarray [shape=(..., frames, frame_length)]
    hop_length : int
        As they were cut.
    window : np.ndarray [shape=(frame_length,)], optional
        The weight of each sample of a frame; all the same, if not given.
    length : int, optional
        How many samples are wanted: more are cut off, fewer filled up with zeros. All that the frames hold, if not given.

    Returns
    -------
    np.ndarray [shape=(..., length)]
        Zero where every weight is.

    Raises
    ------
    ValueError
        If the window is not as long as a frame, or the hop is longer than one.

    Examples
    --------
    >>> overlap_add(frame(np.arange(5.0), 3, 2), 2)
    array([0., 1., 2., 3., 4.])
    """
    array = np.asarray(frames)
    if array.ndim < 2:
        raise ValueError(f"frames has shape {array.shape}, expected (..., frames, frame_length)")
    count, frame_length = array.shape[-2:]
    _check(frame_length, hop_length)
    kind = np.result_type(array.dtype, np.float32)
    weights: npt.NDArray[np.float64] = np.ones(frame_length) if window is None else np.array(window, dtype=np.float64)
    if weights.shape != (frame_length,):
        raise ValueError(f"the window has shape {weights.shape}, but frames have {frame_length} samples")
    whole = (count - 1) * hop_length + frame_length if count else 0
    summed: npt.NDArray[np.floating[Any]] = np.zeros((*array.shape[:-2], whole), np.result_type(kind, np.float64))
    weight = np.zeros(whole)
    for index in range(count):
        place = slice(index * hop_length, index * hop_length + frame_length)
        summed[..., place] += array[..., index, :] * weights
        weight[place] += weights
    np.divide(summed, weight, out=summed, where=weight != 0)
    wanted = whole if length is None else length
    if wanted > whole:
        summed = np.pad(summed, [(0, 0)] * (summed.ndim - 1) + [(0, wanted - whole)])
    return summed[..., :wanted].astype(kind)


def _check(frame_length: int, hop_length: int) -> None:
    if frame_length < 1:
        raise ValueError(f"frame_length is {frame_length}, but a frame has at least one sample")
    if not 1 <= hop_length <= frame_length:
        raise ValueError(
            f"hop_length is {hop_length}, but frames of {frame_length} samples leave none out only if it is "
            f"1 to {frame_length}"
        )
