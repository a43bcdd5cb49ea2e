"""Bands: which filters the settings ask for at a sample rate.

Owns the order of the filters and what becomes of a band that the sample rate can't hold: a bell, a high shelf and a low-pass
there would change nothing that is in the sound, and are left out; a high-pass and a low shelf there are put just below half
the sample rate, since all of the sound lies below them. The cascade has the same rows whatever the settings, so that one
can be faded into another.
"""

from collections.abc import Mapping
from typing import Any

import eq_biquads as biquads
import numpy as np
import numpy.typing as npt

BELLS = 4
ORDERS = {"off": 0, "12 dB/oct": 2, "24 dB/oct": 4, "48 dB/oct": 8}
ROWS = 4 + 1 + BELLS + 1 + 4 + 1

HIGHEST = 0.49
"""Of the sample rate: bands above are left out or put here. At 0.5 the formulas divide by zero."""

RESPONSE_BINS = 512
_LOWEST_HZ = 10.0


def cascade(settings: Mapping[str, Any], sample_rate: int) -> npt.NDArray[np.float64]:
    """The filters, in order: high-pass, low shelf, bells, high shelf, low-pass, output gain.

    Parameters
    ----------
    settings : mapping
        The plugin's parameters.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray [shape=(15, 6)]
        Rows that have nothing to do are `biquads.THROUGH`.
    """
    rows: list[biquads.Row] = []
    rows += _cut(biquads.high_pass, settings["high_pass"], min(settings["high_pass_hz"] / sample_rate, HIGHEST))
    frequency = min(settings["low_shelf_hz"] / sample_rate, HIGHEST)
    rows.append(biquads.low_shelf(frequency, settings["low_shelf_db"], settings["low_shelf_slope"]))
    for bell in range(1, BELLS + 1):
        frequency = settings[f"bell_{bell}_hz"] / sample_rate
        gain_db = settings[f"bell_{bell}_db"] if frequency <= HIGHEST else 0.0
        rows.append(biquads.peaking(frequency, gain_db, settings[f"bell_{bell}_q"]))
    frequency = settings["high_shelf_hz"] / sample_rate
    gain_db = settings["high_shelf_db"] if frequency <= HIGHEST else 0.0
    rows.append(biquads.high_shelf(frequency, gain_db, settings["high_shelf_slope"]))
    frequency = settings["low_pass_hz"] / sample_rate
    rows += _cut(biquads.low_pass, settings["low_pass"] if frequency <= HIGHEST else "off", frequency)
    gain = 10 ** (settings["output_db"] / 20)
    rows.append((gain, 0.0, 0.0, 1.0, 0.0, 0.0))
    return np.array(rows, dtype=np.float64)


def response(settings: Mapping[str, Any], sample_rate: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The magnitude response.

    Returns
    -------
    frequencies_hz : np.ndarray [shape=(512,)]
        Evenly spaced on a logarithmic scale, from 10 Hz (a hundredth of low rates) to half the sample rate.
    response_db : np.ndarray [shape=(512,)]
        In dB.
    """
    half = sample_rate / 2
    frequencies_hz = np.geomspace(min(_LOWEST_HZ, half / 100), half, RESPONSE_BINS)
    return frequencies_hz, biquads.response_db(cascade(settings, sample_rate), frequencies_hz / sample_rate)


def _cut(kind: Any, slope: str, frequency: float) -> list[biquads.Row]:
    rows = [kind(frequency, q) for q in biquads.butterworth_qs(ORDERS[slope])]
    return rows + [biquads.THROUGH] * (4 - len(rows))
