"""Novelty: where one part ends and another begins.

Foote, J. (2000): Automatic audio segmentation using a measure of audio novelty. Proc. ICME, 452-455.
"""

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

Array = npt.NDArray[np.float64]

_LEAST = 0.02
"""Novelty below it is none, however even the rest is: of a steady tone nothing is new."""


def novelty(matrix: Array, half_steps: int) -> Array:
    """How much each step parts what was before it from what comes after.

    A checkerboard kernel with Gaussian edges slides along the diagonal: likeness within the past and within the future
    counts for it, likeness between the two against it. Both as means, so that the ends of the recording, where half of the
    kernel finds nothing, look like no boundary.

    Parameters
    ----------
    matrix : np.ndarray [shape=(steps, steps)]
    half_steps : int
        Of the kernel.

    Returns
    -------
    np.ndarray [shape=(steps,)]
        0 (nothing new) to 2.
    """
    size = len(matrix)
    half = max(1, half_steps)
    side = np.arange(-half, half + 1) / half
    taper = np.exp(-2 * (side[:, np.newaxis] ** 2 + side**2))
    sign = np.sign(side)[:, np.newaxis] * np.sign(side)
    same, other = taper * (sign > 0), taper * (sign < 0)
    found = np.zeros(size)
    for step in range(1, size - 1):
        first, last = max(0, step - half), min(size, step + half + 1)
        part = slice(first - step + half, last - step + half)
        seen = matrix[first:last, first:last]
        within = (same[part, part] * seen).sum() / same[part, part].sum()
        between = (other[part, part] * seen).sum() / other[part, part].sum()
        found[step] = max(0.0, within - between) * min(step, size - 1 - step, half) / half
    return found


def boundaries(curve: Array, *, apart_steps: int, threshold: float) -> npt.NDArray[np.int64]:
    """The steps where the curve has peaks.

    Parameters
    ----------
    curve : np.ndarray [shape=(steps,)]
    apart_steps : int
        Of two peaks that are closer, the lower one is left out.
    threshold : float
        How far a peak stands out from what is around it, as a share of the highest.
    """
    highest = float(curve.max(initial=0.0))
    if highest < _LEAST:
        return np.zeros(0, dtype=np.int64)
    peaks, _ = find_peaks(curve, distance=max(1, apart_steps), prominence=max(threshold * highest, _LEAST))
    return np.asarray(peaks, dtype=np.int64)
