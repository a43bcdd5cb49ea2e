"""Biquads: the coefficients of the equaliser's filters.

Owns the formulas of Robert Bristow-Johnson's *Audio EQ Cookbook* (bilinear transform, analogue prototypes prewarped so that
the named frequency is exact), and the cascade that makes a Butterworth filter of them. A row is ``b0 b1 b2 1 a1 a2``, as
`scipy.signal.sosfilt` takes it. Knows nothing of bands or of streams.
"""

import math

import numpy as np
import numpy.typing as npt

Row = tuple[float, float, float, float, float, float]
THROUGH: Row = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
"""The filter that changes nothing, to the bit."""


def peaking(frequency: float, gain_db: float, q: float) -> Row:
    """A bell: `gain_db` at its centre, none far from it.

    Parameters
    ----------
    frequency : float
        The centre, as a fraction of the sample rate, more than 0 and less than 0.5.
    gain_db : float
    q : float
        Centre over bandwidth; the bandwidth is that between the points of half the gain in dB.
    """
    if gain_db == 0:
        return THROUGH
    a, cos, alpha = _amplitude(gain_db), _cos(frequency), _sin(frequency) / (2 * q)
    return _row(1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a)


def low_shelf(frequency: float, gain_db: float, slope: float) -> Row:
    """`gain_db` below, none above, half of it at `frequency`.

    Parameters
    ----------
    slope : float
        1 is the steepest without a bump, more than 0.
    """
    if gain_db == 0:
        return THROUGH
    a, cos, beta = _shelf(frequency, gain_db, slope)
    return _row(
        a * ((a + 1) - (a - 1) * cos + beta),
        2 * a * ((a - 1) - (a + 1) * cos),
        a * ((a + 1) - (a - 1) * cos - beta),
        (a + 1) + (a - 1) * cos + beta,
        -2 * ((a - 1) + (a + 1) * cos),
        (a + 1) + (a - 1) * cos - beta,
    )


def high_shelf(frequency: float, gain_db: float, slope: float) -> Row:
    """`gain_db` above, none below, half of it at `frequency`; `slope` as in `low_shelf`."""
    if gain_db == 0:
        return THROUGH
    a, cos, beta = _shelf(frequency, gain_db, slope)
    return _row(
        a * ((a + 1) + (a - 1) * cos + beta),
        -2 * a * ((a - 1) + (a + 1) * cos),
        a * ((a + 1) + (a - 1) * cos - beta),
        (a + 1) - (a - 1) * cos + beta,
        2 * ((a - 1) - (a + 1) * cos),
        (a + 1) - (a - 1) * cos - beta,
    )


def low_pass(frequency: float, q: float) -> Row:
    """What lies above is removed, by 12 dB an octave; at `frequency` the gain is `q`."""
    alpha = _sin(frequency) / (2 * q)
    part = 2 * math.sin(math.pi * frequency) ** 2  # 1 − cos, without losing digits where both are nearly one
    return _row(part / 2, part, part / 2, 1 + alpha, -2 * _cos(frequency), 1 - alpha)


def high_pass(frequency: float, q: float) -> Row:
    """What lies below is removed, by 12 dB an octave; at `frequency` the gain is `q`."""
    alpha, cos = _sin(frequency) / (2 * q), _cos(frequency)
    return _row((1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha)


def butterworth_qs(order: int) -> list[float]:
    """The Q of each biquad of a maximally flat filter of even order; together they have −3 dB at their frequency.

    Butterworth, S. (1930): On the theory of filter amplifiers. Experimental Wireless, 7, 536-541.
    """
    return [1 / (2 * math.cos(math.pi * (2 * k + 1) / (2 * order))) for k in range(order // 2)]


def response_db(rows: npt.NDArray[np.float64], frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The gain of a cascade.

    Parameters
    ----------
    rows : np.ndarray [shape=(n, 6)]
    frequencies : np.ndarray [shape=(bins,)]
        As fractions of the sample rate.

    Returns
    -------
    np.ndarray [shape=(bins,)]
        In dB; at least −300.
    """
    delay = np.exp(-2j * np.pi * frequencies)
    powers = np.stack([np.ones_like(delay), delay, delay**2])
    gains = np.abs((rows[:, :3] @ powers) / (rows[:, 3:] @ powers))
    level_db: npt.NDArray[np.float64] = (20 * np.log10(np.maximum(gains, 1e-15))).sum(axis=0)
    return np.maximum(level_db, -300.0)


def slowest_decay(rows: npt.NDArray[np.float64]) -> float:
    """The largest radius of any pole that is heard: 0 where no row has any, less than 1 where all are stable."""
    ringing = rows[(rows[:, :3] != rows[:, 3:]).any(axis=1)]  # what rings in one row alone
    b, c = ringing[:, 4] / 2, ringing[:, 5]
    root = np.sqrt((b * b - c).astype(complex))
    return float(np.abs([-b + root, -b - root]).max(initial=0.0))


def _amplitude(gain_db: float) -> float:
    """The square root of the gain, which the cookbook calls A."""
    return float(10 ** (gain_db / 40))


def _cos(frequency: float) -> float:
    return math.cos(2 * math.pi * frequency)


def _sin(frequency: float) -> float:
    return math.sin(2 * math.pi * frequency)


def _shelf(frequency: float, gain_db: float, slope: float) -> tuple[float, float, float]:
    a = _amplitude(gain_db)
    alpha = _sin(frequency) / 2 * math.sqrt((a + 1 / a) * (1 / slope - 1) + 2)
    return a, _cos(frequency), 2 * math.sqrt(a) * alpha


def _row(b0: float, b1: float, b2: float, a0: float, a1: float, a2: float) -> Row:
    return b0 / a0, b1 / a0, b2 / a0, 1.0, a1 / a0, a2 / a0
