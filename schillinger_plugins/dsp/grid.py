"""The beat grid: where beats fall in time, and where times fall among beats.

Owns the arithmetic under a constant tempo or a list of beat times, quantising and swing. A beat's number counts from 0
and has fractions between beats; before the first beat and after the last the tempo goes on as it was. Refuses beats
that don't follow each other in time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class BeatGrid:
    """Beats in time.

    Parameters
    ----------
    beat_times_s : np.ndarray [shape=(beats,)]
        When beats 0, 1, 2, … fall: at least two, finite, each later than the one before.

    Raises
    ------
    ValueError
        If they are not.

    Examples
    --------
    >>> grid = BeatGrid.at_tempo(120, first_beat_s=0.25)
    >>> float(grid.seconds(3)), float(grid.beats(1.0)), float(grid.quantise(0.8, subdivisions=4))
    (1.75, 1.5, 0.75)
    """

    beat_times_s: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        times_s = np.array(self.beat_times_s, dtype=np.float64)
        if times_s.ndim != 1 or times_s.size < 2:
            raise ValueError(f"beat_times_s has shape {times_s.shape}, but a grid needs two beats at least")
        if not np.isfinite(times_s).all() or not (np.diff(times_s) > 0).all():
            late = np.flatnonzero(~(np.diff(times_s) > 0))
            where = f": beat {late[0] + 1} at {times_s[late[0] + 1]:.6g} s does not" if late.size else ""
            raise ValueError(f"beat_times_s must be finite and each later than the one before{where}")
        times_s.flags.writeable = False
        object.__setattr__(self, "beat_times_s", times_s)

    @classmethod
    def at_tempo(cls, tempo_bpm: float, *, first_beat_s: float = 0.0) -> Self:
        """A grid of constant tempo, in beats per minute, whose beat 0 is at `first_beat_s`."""
        if not (np.isfinite(tempo_bpm) and tempo_bpm > 0):
            raise ValueError(f"tempo_bpm is {tempo_bpm}, but it must be positive")
        return cls(np.array([first_beat_s, first_beat_s + 60.0 / tempo_bpm]))

    def seconds(self, beats: npt.ArrayLike) -> Any:
        """When a beat falls, in seconds; any number, also between beats, before the first or after the last."""
        return _extended(np.asarray(beats, dtype=np.float64), self._numbers, self.beat_times_s)

    def beats(self, seconds: npt.ArrayLike) -> Any:
        """Which beat it is at a time: the inverse of `seconds`."""
        return _extended(np.asarray(seconds, dtype=np.float64), self.beat_times_s, self._numbers)

    def tempo_bpm(self, seconds: npt.ArrayLike) -> Any:
        """The tempo at a time, in beats per minute: that between the two beats around it."""
        return 60.0 / np.diff(self.beat_times_s)[self._interval(np.asarray(seconds, dtype=np.float64))]

    def nearest(self, seconds: npt.ArrayLike) -> Any:
        """The number of the beat that is nearest to a time, in beats; half-way, the even one."""
        return np.rint(self.beats(seconds)).astype(np.int64)[()]

    def quantise(
        self, seconds: npt.ArrayLike, *, subdivisions: int = 1, strength: float = 1.0, swing: float = 0.5
    ) -> Any:
        """Times moved to the nearest subdivision of a beat.

        Parameters
        ----------
        seconds : float or np.ndarray
        subdivisions : int
            Into how many parts a beat is cut, at least 1: 4 are sixteenths where a beat is a quarter.
        strength : float
            How far they are moved, from 0 (not at all) to 1 (all the way).
        swing : float
            Where the second of each pair of subdivisions falls within the pair; see `swing_beats`.

        Returns
        -------
        float or np.ndarray
            In seconds, of the same shape. Quantising twice with all strength is the same as once.
        """
        _check_subdivisions(subdivisions)
        if not 0 <= strength <= 1:
            raise ValueError(f"strength is {strength}, choose 0 to 1")
        times_s = np.asarray(seconds, dtype=np.float64)
        straight = unswing_beats(self.beats(times_s), swing, subdivisions=subdivisions)
        nearest = swing_beats(np.rint(straight * subdivisions) / subdivisions, swing, subdivisions=subdivisions)
        return (times_s + strength * (self.seconds(nearest) - times_s))[()]

    def subdivisions(
        self, from_s: float, to_s: float, *, subdivisions: int = 1, swing: float = 0.5
    ) -> npt.NDArray[np.float64]:
        """When the subdivisions of the beats fall that lie from one time on and before another.

        Examples
        --------
        >>> BeatGrid.at_tempo(60).subdivisions(0, 1.1, subdivisions=2)
        array([0. , 0.5, 1. ])
        """
        _check_subdivisions(subdivisions)
        first, last = (float(self.beats(time_s)) * subdivisions for time_s in (from_s, to_s))
        # Swing moves a subdivision by less than one, so one more at each end holds all that could be meant.
        numbers = np.arange(np.floor(first) - 1, np.ceil(last) + 2)
        times_s = self.seconds(swing_beats(numbers / subdivisions, swing, subdivisions=subdivisions))
        within: npt.NDArray[np.float64] = times_s[(times_s >= from_s) & (times_s < to_s)]
        return within

    @property
    def _numbers(self) -> npt.NDArray[np.float64]:
        return np.arange(self.beat_times_s.size, dtype=np.float64)

    def _interval(self, times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
        return np.clip(np.searchsorted(self.beat_times_s, times_s, side="right") - 1, 0, self.beat_times_s.size - 2)


def swing_beats(beats: npt.ArrayLike, swing: float, *, subdivisions: int = 2) -> Any:
    """Straight beats as they are played with swing: the second of each pair of subdivisions comes late.

    Parameters
    ----------
    beats : float or np.ndarray
        In beats; pairs begin at beat 0.
    swing : float
        Where in a pair its second subdivision falls, between 0 and 1: 0.5 is straight, 2/3 that of triplets.
    subdivisions : int
        How many make a beat: 2 swings eighths where a beat is a quarter, 4 sixteenths.

    Returns
    -------
    float or np.ndarray
        In beats. What lies between subdivisions is moved with them.

    See Also
    --------
    unswing_beats : the inverse.

    Examples
    --------
    >>> swing_beats([0, 0.5, 1], 2 / 3).round(3)
    array([0.   , 0.667, 1.   ])
    """
    return _warped(beats, 0.5, swing, subdivisions)


def unswing_beats(beats: npt.ArrayLike, swing: float, *, subdivisions: int = 2) -> Any:
    """Swung beats made straight: the inverse of `swing_beats`."""
    return _warped(beats, swing, 0.5, subdivisions)


def _warped(beats: npt.ArrayLike, before: float, after: float, subdivisions: int) -> Any:
    """Within each pair, what lay at `before` lies at `after`, and the rest in proportion."""
    _check_subdivisions(subdivisions)
    for swing in (before, after):
        if not 0 < swing < 1:
            raise ValueError(f"swing is {swing}, choose more than 0 and less than 1: 0.5 is straight")
    numbers = np.asarray(beats, dtype=np.float64)
    if before == after:
        return numbers[()]
    pair = 2.0 / subdivisions
    start = np.floor(numbers / pair)
    within = numbers / pair - start
    early = within * (after / before)
    late = after + (within - before) * ((1 - after) / (1 - before))
    return ((start + np.where(within < before, early, late)) * pair)[()]


def _extended(x: npt.NDArray[np.float64], known: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> Any:
    """Linear between what is known, and straight on beyond its ends."""
    index = np.clip(np.searchsorted(known, x, side="right") - 1, 0, known.size - 2)
    share = (x - known[index]) / (known[index + 1] - known[index])
    return (values[index] + share * (values[index + 1] - values[index]))[()]


def _check_subdivisions(subdivisions: int) -> None:
    if subdivisions < 1:
        raise ValueError(f"subdivisions is {subdivisions}, but a beat has at least one part")
