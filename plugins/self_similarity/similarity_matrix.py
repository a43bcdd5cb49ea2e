"""The matrix: every step compared with every other.

Foote, J. (1999): Visualizing music and audio using self-similarity. Proc. ACM Multimedia, 77-80.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_SILENT = 1e-9


def self_similarity(feature: Array) -> Array:
    """The cosine of the angle between each two steps.

    Parameters
    ----------
    feature : np.ndarray [shape=(bins, steps)]
        A step without anything is as like to another such step as can be, and a little like all others.

    Returns
    -------
    np.ndarray [shape=(steps, steps)]
        From −1 (opposite) to 1 (the same), symmetric, 1 on the diagonal.
    """
    length = np.linalg.norm(feature, axis=0)
    silent = length <= _SILENT * max(1.0, float(length.max(initial=0.0)))
    unit = np.where(silent, 1 / np.sqrt(len(feature)), feature / np.where(silent, 1.0, length))
    matrix: Array = unit.T @ unit
    matrix = np.clip((matrix + matrix.T) / 2, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def along_diagonals(matrix: Array, steps: int) -> Array:
    """The mean over `steps` along each diagonal: what goes on alike for a while stands out, chance likeness fades.

    The ends of a diagonal have the mean of what is there.

    Parameters
    ----------
    matrix : np.ndarray [shape=(n, n)]
    steps : int
        0 and 1 change nothing.
    """
    size, half = len(matrix), steps // 2
    if half < 1:
        return matrix
    total, count = np.zeros_like(matrix), np.zeros_like(matrix)
    for shift in range(-min(half, size - 1), min(half, size - 1) + 1):
        here = slice(max(0, -shift), size - max(0, shift))
        there = slice(max(0, shift), size - max(0, -shift))
        total[here, here] += matrix[there, there]
        count[here, here] += 1
    mean: Array = total / count
    return mean
