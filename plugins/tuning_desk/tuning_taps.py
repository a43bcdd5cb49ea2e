"""Taps: the tempo of a hand."""

from itertools import pairwise
from statistics import median

PAUSE_S = 2.5
"""After such a pause, and when the clock goes backwards, the counting begins anew."""

KEPT = 9


def tapped(times_s, now_s):
    """The taps that count, the new one included; at most `KEPT`."""
    if times_s and not 0 < now_s - times_s[-1] <= PAUSE_S:
        times_s = []
    return [*times_s, now_s][-KEPT:]


def tempo_bpm(times_s):
    """From the median of the intervals, which one tap that came late doesn't move; None of fewer than two taps.

    >>> tempo_bpm([0.0, 0.5, 1.0, 1.6])
    120.0
    """
    intervals_s = [after - before for before, after in pairwise(times_s)]
    return 60 / median(intervals_s) if intervals_s else None


def spread_ms(times_s):
    """How far the intervals lie from their median, on average, in ms."""
    intervals_s = [after - before for before, after in pairwise(times_s)]
    if len(intervals_s) < 2:
        return 0.0
    middle = median(intervals_s)
    return 1000 * sum(abs(one - middle) for one in intervals_s) / len(intervals_s)
