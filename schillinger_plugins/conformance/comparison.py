"""Whether two answers of a plugin are the same, and whether one is finite.

Owns the words for the first difference. Plain functions; called by the groups of checks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..types import Audio


def difference(one: Any, other: Any, *, tolerance: float = 0.0, name: str = "") -> str:
    """Where two values differ first, in words; empty if they don't.

    Parameters
    ----------
    tolerance : float
        Of sound and arrays: relative to the larger of 1 and the loudest value. 0 demands equal bits (NaN equals NaN).
    """
    if isinstance(one, Audio) and isinstance(other, Audio):
        if one.sample_rate != other.sample_rate:
            return f"{name} is at {one.sample_rate} Hz and at {other.sample_rate} Hz"
        return _arrays(one.samples, other.samples, tolerance, name, one.sample_rate)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return _arrays(one, other, tolerance, name, 0)
    if type(one) is not type(other):
        return f"{name} is {type(one).__name__} and {type(other).__name__}"
    if isinstance(one, Mapping):
        if list(one) != list(other):
            return f"{name or 'it'} has the keys {', '.join(one)} and {', '.join(other)}"
        return _first(((f"{name}.{key}" if name else str(key), one[key], other[key]) for key in one), tolerance)
    if isinstance(one, list):
        if len(one) != len(other):
            return f"{name} has {len(one)} items and {len(other)}"
        pairs = enumerate(zip(one, other, strict=True))
        return _first(((f"{name}[{index}]", a, b) for index, (a, b) in pairs), tolerance)
    if isinstance(one, float) and (math.isclose(one, other, rel_tol=tolerance) or (one != one and other != other)):
        return ""
    return "" if one == other else f"{name} is {_brief(one)} and {_brief(other)}"


def not_finite(outputs: Mapping[str, Any], *, arrays: bool = True) -> str:
    """Which output holds NaN or infinity, in words; empty if none does.

    Sound must be finite always. An array may say by NaN or infinity that there is no value (the pitch of silence), so
    `arrays` is False where the input is an odd one; a single number may always, as ``check_outputs`` has it.
    """
    for name, value in outputs.items():
        if isinstance(value, Audio):
            samples = value.samples
        elif arrays and isinstance(value, np.ndarray) and value.dtype.kind in "fc":
            samples = value
        else:
            continue
        bad = ~np.isfinite(samples)
        if bad.any():
            first = tuple(int(index) for index in np.argwhere(bad)[0])
            return f"{name} has {int(bad.sum())} values that are not finite, the first at {list(first)}"
    return ""


def _first(items: Any, tolerance: float) -> str:
    for name, one, other in items:
        found = difference(one, other, tolerance=tolerance, name=name)
        if found:
            return found
    return ""


def _arrays(one: Any, other: Any, tolerance: float, name: str, rate: int) -> str:
    if one.shape != other.shape:
        return f"{name} has the shape {one.shape} and {other.shape}"
    if one.dtype != other.dtype:
        return f"{name} is {one.dtype} and {other.dtype}"
    numeric = one.dtype.kind in "fc"
    same = np.equal(one, other)
    if numeric:
        same |= np.isnan(one) & np.isnan(other)
    if not same.all() and tolerance and numeric:
        sizes = np.abs(np.concatenate([one[np.isfinite(one)], other[np.isfinite(other)]]))
        limit = tolerance * max(1.0, float(np.max(sizes, initial=0.0)))
        with np.errstate(invalid="ignore"):
            same |= np.abs(one - other) <= limit
    if same.all():
        return ""
    at = tuple(int(index) for index in np.argwhere(~same)[0])
    where = f"channel {at[0]}, frame {at[1]}" if rate else str(list(at))
    return (
        f"{name} differs in {int((~same).sum())} of {same.size} values, first at {where}: {one[at]:g} and {other[at]:g}"
    )


def _brief(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
