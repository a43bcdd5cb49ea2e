"""Selection: a part of the time axis, in seconds and in samples.

Owns what a selection may be: it lies within the sound and has a length. Refuses what a person sets otherwise, with an error;
what a page sends is put right or dropped, since a hand slips. Called by ``analysis``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..errors import InputError


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A part of a sound.

    Attributes
    ----------
    start_s, end_s : float
    start_frame, end_frame : int
        For slices: `end_frame` is the first that no longer belongs to it.
    """

    start_s: float
    end_s: float
    start_frame: int
    end_frame: int

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.end_s - self.start_s


def region_of(value: Any, duration_s: float) -> dict[str, float] | None:
    """What a person wants to have selected, as it is shared with the page.

    Parameters
    ----------
    value : (start_s, end_s), slice of seconds, Selection or None

    Raises
    ------
    InputError
        For times that are no numbers, reversed, or outside of the sound.
    """
    if value is None:
        return None
    if isinstance(value, Selection):
        value = value.start_s, value.end_s
    elif isinstance(value, slice):
        value = 0.0 if value.start is None else value.start, duration_s if value.stop is None else value.stop
    try:
        start_s, end_s = (float(time_s) for time_s in value)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a selection is a pair of times, got {value!r:.80}", remedy="set (start_s, end_s), or None for nothing"
        ) from error
    if not (math.isfinite(start_s) and math.isfinite(end_s)) or start_s >= end_s:
        raise InputError(
            f"a selection ends after it begins, got {start_s:g} s to {end_s:g} s", remedy="set (start_s, end_s)"
        )
    if start_s < 0 or end_s > duration_s * (1 + 1e-9):
        raise InputError(
            f"a selection lies within the {duration_s:.6g} s there are, got {start_s:g} s to {end_s:g} s",
            remedy=f"set times from 0 to {duration_s:.6g}",
        )
    return {"start_s": start_s, "end_s": end_s}


def put_right(value: Any, duration_s: float) -> dict[str, float] | None:
    """What a page says is selected: sorted, within the sound, or None if there is nothing left of it."""
    if not isinstance(value, dict):
        return None
    times: list[float] = [value.get(name, math.nan) for name in ("start_s", "end_s")]
    if not all(isinstance(t, (int, float)) and not isinstance(t, bool) and math.isfinite(t) for t in times):
        return None
    start_s, end_s = (min(max(float(time_s), 0.0), duration_s) for time_s in sorted(times))
    return {"start_s": start_s, "end_s": end_s} if end_s > start_s else None


def selection_of(region: dict[str, float] | None, sample_rate: int, frames: int) -> Selection | None:
    """A region with its samples."""
    if region is None:
        return None
    start, end = (min(max(round(region[name] * sample_rate), 0), frames) for name in ("start_s", "end_s"))
    return Selection(start_s=region["start_s"], end_s=region["end_s"], start_frame=start, end_frame=end)
