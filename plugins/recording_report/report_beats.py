"""Beats: how fast, how evenly, and how that changes, from the times of the beats alone."""

import numpy as np
import numpy.typing as npt

FEWEST = 4
"""Beats below which nothing is said of their regularity."""


def tempo_curve(beat_times_s: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The tempo from each beat to the next.

    Parameters
    ----------
    beat_times_s : np.ndarray [shape=(beats,)]
        Growing.

    Returns
    -------
    times_s : np.ndarray [shape=(beats - 1,)]
        Half-way between the beats.
    tempo_bpm : np.ndarray [shape=(beats - 1,)]
    """
    intervals_s = np.diff(beat_times_s)
    return beat_times_s[:-1] + intervals_s / 2, 60 / intervals_s


def regularity(beat_times_s: npt.NDArray[np.float64]) -> dict[str, float | None]:
    """What the beats say of the tempo; None of fewer than four.

    Returns
    -------
    dict
        ``tempo_bpm``: of the straight line that fits the beats best, which evens out the grid of frames they were found on.
        ``beat_deviation_percent``: the nPVI of the beats, the mean of the difference between an interval and the next over
        the mean of the two: 0 for a metronome, and slow changes hardly count.
        ``tempo_drift_percent_per_minute``: slope of the line that fits the logarithm of the tempo best.

    References
    ----------
    Grabe, E. and Low, E. L. (2002): Durational variability in speech and the rhythm class hypothesis. Laboratory
    Phonology 7, 515-546.
    """
    if beat_times_s.size < FEWEST:
        return {"tempo_bpm": None, "beat_deviation_percent": None, "tempo_drift_percent_per_minute": None}
    intervals_s = np.diff(beat_times_s)
    unevenness = 2 * np.abs(np.diff(intervals_s)) / (intervals_s[1:] + intervals_s[:-1])
    times_s, tempo_bpm = tempo_curve(beat_times_s)
    slope_per_s = np.polyfit(times_s - times_s.mean(), np.log(tempo_bpm), 1)[0]
    return {
        "tempo_bpm": float(60 / np.polyfit(np.arange(beat_times_s.size), beat_times_s, 1)[0]),
        "beat_deviation_percent": float(100 * unevenness.mean()),
        "tempo_drift_percent_per_minute": float(100 * np.expm1(60 * slope_per_s)),
    }
