"""The signal processing of the Gain Node.

Owns the gain curve and its application to a block. Knows its place in time by `start_frame` alone and keeps no state, so
that a sound gives the same samples whole or in blocks.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def gain_curve_db(
    start_frame: int, frames: int, sample_rate: int, *, gain_db: float, automation: Sequence[Sequence[float]]
) -> npt.NDArray[np.float64]:
    """The gain of each frame of a block.

    Parameters
    ----------
    start_frame : int
        Where the block begins, in frames from the start of the sound.
    frames : int
        Length of the block.
    sample_rate : int
        In Hz.
    gain_db : float
        Constant part in dB.
    automation : sequence of (time_s, gain_db)
        Added to it: linear in dB between the points, held before the first and after the last. Times grow strictly.

    Returns
    -------
    np.ndarray [shape=(frames,)]
        In dB.
    """
    if not automation:
        return np.full(frames, gain_db, dtype=np.float64)
    times_s, levels_db = np.asarray(automation, dtype=np.float64).T
    # From the absolute frame number, not from the block's start: the rounding is the same however a sound is cut.
    now_s = np.arange(start_frame, start_frame + frames, dtype=np.float64) / sample_rate
    curve_db: npt.NDArray[np.float64] = gain_db + np.interp(now_s, times_s, levels_db)
    return curve_db


def apply_gain(
    samples: npt.NDArray[np.float32],
    sample_rate: int,
    *,
    gain_db: float = 0.0,
    automation: Sequence[Sequence[float]] = (),
    invert: bool = False,
    mute: Sequence[int] = (),
    start_frame: int = 0,
) -> npt.NDArray[np.float32]:
    """Scale a block of samples.

    Parameters
    ----------
    samples : np.ndarray [shape=(channels, frames)]
        Not changed. NaN stays NaN, except in muted channels.
    gain_db, automation, start_frame
        See `gain_curve_db`.
    invert : bool
        Multiply by −1, too.
    mute : sequence of int
        Channels that become zero.

    Returns
    -------
    np.ndarray [shape=(channels, frames), dtype=float32]
        Computed in double precision; values beyond ±1 are kept.
    """
    curve_db = gain_curve_db(start_frame, samples.shape[1], sample_rate, gain_db=gain_db, automation=automation)
    factor = np.power(10.0, curve_db / 20.0)
    if invert:
        factor = -factor
    scaled = (samples * factor).astype(np.float32)
    scaled[list(mute)] = 0.0
    return scaled
