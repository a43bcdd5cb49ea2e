"""Sections: where a recording changes, and which of its parts are alike."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CELL_S = 0.5
MOST_CELLS = 1200
"""What is compared with everything else: half a second, more in recordings of over ten minutes."""

ALIKE = 0.7
"""Sections whose mean features have at least this correlation have one letter."""


def cells(features: Array, times_s: Array, duration_s: float) -> tuple[Array, Array]:
    """Means over cells of equal length.

    Parameters
    ----------
    features : np.ndarray [shape=(dimensions, frames)]
    times_s : np.ndarray [shape=(frames,)]

    Returns
    -------
    means : np.ndarray [shape=(dimensions, cells)]
        Each dimension with mean 0 and deviation 1 over the recording, or 0 where it never changes.
    edges_s : np.ndarray [shape=(cells + 1,)]
    """
    count = int(np.clip(np.floor(duration_s / CELL_S), 1, MOST_CELLS))
    edges_s = np.linspace(0, duration_s, count + 1)
    index = np.clip(np.searchsorted(edges_s, times_s, side="right") - 1, 0, count - 1)
    frames = np.maximum(1, np.bincount(index, minlength=count))
    means = np.array([np.bincount(index, weights=row, minlength=count) / frames for row in features])
    means -= means.mean(axis=1, keepdims=True)
    deviation = means.std(axis=1, keepdims=True)
    return np.divide(means, deviation, out=np.zeros_like(means), where=deviation > 1e-6), edges_s


def novelty(means: Array, half_width: int) -> Array:
    """How much changes between each cell and the one before.

    A checkerboard with Gaussian flanks, moved along the diagonal of the self-similarity matrix.

    Parameters
    ----------
    means : np.ndarray [shape=(dimensions, cells)]
    half_width : int
        Cells that are looked at on either side, at least 1.

    Returns
    -------
    np.ndarray [shape=(cells,)]
        Not negative.

    References
    ----------
    Foote, J. (2000): Automatic audio segmentation using a measure of audio novelty. IEEE International Conference on
    Multimedia and Expo, 452-455.
    """
    length = np.linalg.norm(means, axis=0)
    units = np.divide(means, length, out=np.zeros_like(means), where=length > 1e-9)
    padded = np.pad(units, ((0, 0), (half_width, half_width)))
    places = np.arange(-half_width, half_width) + 0.5
    flank = np.exp(-0.5 * (2 * places / half_width) ** 2)
    kernel = np.outer(np.sign(places) * flank, np.sign(places) * flank)
    found = np.empty(means.shape[1])
    for cell in range(means.shape[1]):
        window = padded[:, cell : cell + 2 * half_width]
        found[cell] = np.sum(kernel * (window.T @ window))
    return np.maximum(0.0, found) / np.abs(kernel).sum()


def boundaries(curve: Array, *, shortest: int, sensitivity: float) -> list[int]:
    """The cells where sections begin, but for the first.

    Parameters
    ----------
    shortest : int
        Cells that a section has at least.
    sensitivity : float
        0 to 1: how small a change counts, as a share of the largest.
    """
    floor = max(0.05, (1 - sensitivity) * float(curve.max(initial=0.0)))
    chosen: list[int] = []
    for cell in np.argsort(-curve, kind="stable"):
        if curve[cell] < floor:
            break
        if all(abs(int(cell) - other) >= shortest for other in (0, curve.size, *chosen)):
            chosen.append(int(cell))
    return sorted(chosen)


def letters(means: Array, starts: list[int]) -> list[str]:
    """A letter for each section, the same for those that are alike: A B A.

    Parameters
    ----------
    starts : list of int
        The first cell of each section, 0 first.
    """
    profiles: list[Array] = []
    found = []
    for first, end in zip(starts, [*starts[1:], means.shape[1]], strict=True):
        profile = means[:, first:end].mean(axis=1)
        alike = [_alike(profile, other) for other in profiles]
        best = int(np.argmax(alike)) if alike else -1
        if best < 0 or alike[best] < ALIKE:
            profiles.append(profile)
            best = len(profiles) - 1
        found.append(_letter(best))
    return found


def _alike(one: Array, other: Array) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths > 1e-9 else 1.0


def _letter(index: int) -> str:
    """A to Z, then AA, AB, as columns of a spreadsheet."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
